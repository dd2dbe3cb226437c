// SPDX-License-Identifier: Apache-2.0
#include "common/program.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <string>

#include "common/output.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/survive_truncation.hpp"

namespace shm::consumers {
namespace {

std::string& program_name() {
  static std::string name = "shm";
  return name;
}

extern "C" void on_stop_signal(int) { stop().trigger(); }

void install_stop_signals() {
  static_cast<void>(stop());  // made before a handler can need it
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  // No SA_RESTART: a write to a pipe that nobody empties must not keep a program from stopping.
  // SA_RESETHAND: who presses Ctrl-C twice means it.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;  // writing then fails with EPIPE, which Output knows
  ::sigaction(SIGPIPE, &ignore, nullptr);
}

int usage_error(std::string_view what) {
  notice(fmt::format("{}; see {} --help", what, program_name()));
  return 2;
}

}  // namespace

shm::Interrupt& stop() noexcept {
  static shm::Interrupt interrupt;
  return interrupt;
}

void notice(std::string_view sentence) {
  clear_status_line();
  const std::string line = fmt::format("{}: {}\n", program_name(), printable(sentence));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  program_name() = app.get_name();
  app.set_version_flag("--version", app.get_name() + " " SHM_VERSION, "Say which version this is");
  app.get_formatter()->column_width(34);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    return usage_error(error.what());
  }
  install_stop_signals();
  try {
    shm::survive_lost_control_files();  // other readers cannot end this one
    return body();
  } catch (const OutputClosed&) {
    return 0;
  } catch (const UsageError& error) {
    return usage_error(error.what());
  } catch (const shm::Interrupted&) {
    return 0;
  } catch (const std::exception& error) {
    notice(error.what());
    return 1;
  }
}

}  // namespace shm::consumers
