// SPDX-License-Identifier: Apache-2.0

// shm-alsa: captures from an ALSA device into a stream. See docs/capture.md.
#include <alsa/asoundlib.h>

#include <cstdarg>
#include <cstdio>

#include "common/daemon.hpp"
#include "common/log.hpp"
#include "common/output.hpp"
#include "producers/alsa/daemon.hpp"
#include "producers/alsa/device_list.hpp"
#include "producers/alsa/options.hpp"

namespace {

/// Messages of alsa-lib go to the log; the user sees one sentence of this program for an error.
void log_alsa(const char* file, int line, const char* function, int error, const char* format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  shm::programs::log::debug("alsa-lib: {}:{} ({}): {}{}{}", file, line, function, text,
                            error != 0 ? ": " : "", error != 0 ? snd_strerror(error) : "");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace shm::programs;
  AlsaOptions options;
  CommandLine line("Captures sound from an ALSA device into a shared-memory stream.", "shm-alsa");
  add_alsa_options(line, options);
  return run_daemon(line, argc, argv, options.common, [&](const StopSignal& stop) {
    snd_lib_error_set_handler(log_alsa);
    if (options.list) {
      const auto devices = list_devices();
      Output out;
      out.append(options.json ? devices_as_json(devices) : devices_as_text(devices));
      out.flush();
      return exit_done;
    }
    Daemon daemon(options, stop);
    daemon.run();
    return exit_done;
  });
}
