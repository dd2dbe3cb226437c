// SPDX-License-Identifier: Apache-2.0
#include "common/daemon_program.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <system_error>

#include "shm/base/error.hpp"
#include "shm/storage/survive_truncation.hpp"

namespace shm::producers {
namespace {

Interrupt stop_interrupt;
volatile std::sig_atomic_t stop_descriptor = -1;

void on_stop_signal(int) {
  const int error = errno;
  stop_interrupt.trigger();
  ::eventfd_write(stop_descriptor, 1);
  errno = error;
}

std::string valid_mode(const std::string& text) {
  const bool octal =
      !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
  if (!octal) return "must be octal permission bits such as 0640, not '" + text + "'";
  const auto bits = std::strtoul(text.c_str(), nullptr, 8);
  if ((bits & 0600) != 0600 || bits > 0777) return "must let the owner read and write: 0600, 0640, 0644, ...";
  return {};
}

std::string single_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

StopSignal::StopSignal() {
  stop_interrupt.reset();
  const int descriptor = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  stop_descriptor = descriptor;
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  ::sigaction(SIGTERM, &action, nullptr);
  ::sigaction(SIGINT, &action, nullptr);
}

StopSignal::~StopSignal() {
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGINT, SIG_DFL);
  ::close(stop_descriptor);
  stop_descriptor = -1;
}

Interrupt& StopSignal::interrupt() const noexcept { return stop_interrupt; }
int StopSignal::descriptor() const noexcept { return stop_descriptor; }

bool StopSignal::wait_until(std::chrono::steady_clock::time_point until) const noexcept {
  while (!triggered()) {
    const auto left = std::chrono::nanoseconds(until - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    timespec timeout{};
    timeout.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000);
    timeout.tv_nsec = static_cast<long>(left.count() % 1'000'000'000);
    pollfd stop{.fd = stop_descriptor, .events = POLLIN, .revents = 0};
    ::ppoll(&stop, 1, &timeout, nullptr);
  }
  return true;
}

::mode_t CommonOptions::mode() const {
  return static_cast<::mode_t>(std::strtoul(mode_text.c_str(), nullptr, 8));
}

CLI::Validator a_number() {
  return {[](std::string& text) {
            double value = 0;
            const bool is_nan = CLI::detail::lexical_cast(text, value) && std::isnan(value);
            return is_nan ? "'" + text + "' is not a number" : std::string();
          },
          ""};
}

void add_common_options(CLI::App& app, CommonOptions& options) {
  app.add_option("--history", options.history_seconds, "Seconds of sound that readers can go back")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 86400.0))
      ->check(a_number())
      ->type_name("SECONDS");
  app.add_option("--mode", options.mode_text,
                 "Permissions of the stream: 0600 only you, 0640 a group, 0644 all")
      ->capture_default_str()
      ->check(CLI::Validator(valid_mode, "OCTAL"));
  app.add_option("--group", options.group, "Group that the stream belongs to, by name or number")
      ->type_name("GROUP");
  app.add_flag("--persistent", options.persistent, "Keep the stream's files after a clean stop");
  app.add_option("--log-level", options.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str()
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  app.add_flag("-v,--verbose", options.verbose, "The same as --log-level debug");
  app.add_flag("-q,--quiet", options.quiet, "The same as --log-level error")->excludes("--verbose");
}

void start_log(const std::string& program, const CommonOptions& options) {
  auto logger = std::make_shared<spdlog::logger>(program, std::make_shared<spdlog::sinks::stderr_sink_st>());
  logger->set_pattern("%H:%M:%S.%e %n %l: %v");
  logger->set_level(options.quiet     ? spdlog::level::err
                    : options.verbose ? spdlog::level::debug
                                      : spdlog::level::from_str(options.log_level));
  spdlog::set_default_logger(std::move(logger));
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  const auto complain = [&](const std::string& sentence) {
    fmt::print(stderr, "{}: {}\n", app.get_name(), single_line(sentence));
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    complain(std::string(error.what()) + "; see " + app.get_name() + " --help");
    return exit_usage;
  }
  try {
    survive_lost_control_files();  // readers of a shared stream can do no more than not be woken
    return body();
  } catch (const UsageError& error) {
    complain(error.what());
    return exit_usage;
  } catch (const InvalidArgument& error) {
    complain(error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    complain(error.what());
    return exit_failed;
  }
}

}  // namespace shm::producers
