// SPDX-License-Identifier: Apache-2.0

// shm-alsa: captures from an ALSA device into a stream. See docs/capture.md.
#include <alsa/asoundlib.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cstdarg>
#include <cstdio>

#include "common/daemon_program.hpp"
#include "producers/alsa/daemon.hpp"
#include "producers/alsa/device_list.hpp"
#include "producers/alsa/options.hpp"

namespace {

/// What alsa-lib would print on its own goes to the log: of an error the user sees one sentence, ours.
void log_alsa(const char* file, int line, const char* function, int error, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  spdlog::debug("alsa-lib: {}:{} ({}): {}{}{}", file, line, function, text, error != 0 ? ": " : "",
                error != 0 ? snd_strerror(error) : "");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace shm::producers;
  AlsaOptions options;
  CLI::App app("Captures sound from an ALSA device into a shared-memory stream.", "shm-alsa");
  add_alsa_options(app, options);
  return run_program(app, argc, argv, [&]() -> int {
    start_log("shm-alsa", options.common);
    snd_lib_error_set_handler(log_alsa);
    if (options.list) {
      const auto devices = list_devices();
      fmt::print("{}", options.json ? devices_as_json(devices) : devices_as_text(devices));
      return exit_done;
    }
    const StopSignal stop;
    Daemon daemon(options, stop);
    daemon.run();
    return exit_done;
  });
}
