// SPDX-License-Identifier: Apache-2.0

// shm doctor: checks that this machine meets the needs of streams, and advises what to do otherwise.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <memory>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/doctor/directory_check.hpp"
#include "consumers/shm/doctor/kernel_check.hpp"
#include "consumers/shm/doctor/leftovers_check.hpp"
#include "consumers/shm/doctor/limits_check.hpp"
#include "consumers/shm/doctor/system_check.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

struct DoctorArguments {
  std::string directory;
  bool json = false;
};

void add_findings(Findings& to, Findings more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

::rlim_t soft_limit(__rlimit_resource_t resource) {
  ::rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 ? limit.rlim_cur : 0;
}

Findings examine(const std::string& directory) {
  const ::uid_t user = ::geteuid();
  std::error_code ignored;
  Findings findings{check_directory(directory, user)};
  // A directory that cannot be entered is reported once.
  const bool is_there = std::filesystem::is_directory(directory, ignored);
  if (is_there || findings.front().level == Finding::Level::ok) {
    try {
      add_findings(findings, check_file_system(file_system_of(directory), directory));
    } catch (const shm::SystemError& error) {
      findings.push_back(Finding::problem("file system", error.what(), "see what is said of the directory"));
    }
  }
  if (is_there) {
    add_findings(findings, check_streams(directory));
    findings.push_back(check_leftovers(directory));
  }

  findings.push_back(futex_waitv_finding(try_futex_waitv()));
  findings.push_back(membarrier_finding(try_membarrier(), std::getenv("LIBSHM_NO_MEMBARRIER") != nullptr));
  // While the directory does not exist, its parent is checked: doctor changes nothing.
  const std::string there = nearest_directory(directory);
  if (findings.front().level != Finding::Level::problem && ::access(there.c_str(), W_OK | X_OK) == 0) {
    add_findings(findings, file_findings(try_files(there), there));
  }

  constexpr int priority = 40;  // of capture daemons
  const ::rlim_t locked = soft_limit(RLIMIT_MEMLOCK);
  findings.push_back(locked_memory_finding(locked, may_lock_beyond(locked)));
  const int realtime = try_realtime(priority);
  findings.push_back(realtime_finding(realtime, priority, soft_limit(RLIMIT_RTPRIO)));
  findings.push_back(nice_finding(soft_limit(RLIMIT_NICE), realtime == 0));

  findings.push_back(check_remove_ipc("/", directory, user));
  findings.push_back(check_tmpfiles("/", directory));
  findings.push_back(check_huge_pages("/"));
  findings.push_back(check_governor("/"));
  return findings;
}

const char* level_word(Finding::Level level) {
  switch (level) {
    case Finding::Level::ok:
      return "ok";
    case Finding::Level::warning:
      return "warning";
    case Finding::Level::problem:
      break;
  }
  return "problem";
}

std::uint64_t count_of(const Findings& findings, Finding::Level level) {
  return static_cast<std::uint64_t>(std::count_if(
      findings.begin(), findings.end(), [level](const Finding& finding) { return finding.level == level; }));
}

void print_text(Output::Buffer& out, const Findings& findings) {
  std::size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.check.size());
  for (const Finding& finding : findings) {
    fmt::format_to(fmt::appender(out), "{:<8} {:<{}}  {}\n", level_word(finding.level), finding.check, width,
                   printable(finding.text));
    if (!finding.advice.empty()) {
      fmt::format_to(fmt::appender(out), "{:<8} {:<{}}  -> {}\n", "", "", width, printable(finding.advice));
    }
  }
  fmt::format_to(fmt::appender(out), "{}, {}\n",
                 count_text(count_of(findings, Finding::Level::problem), "problem"),
                 count_text(count_of(findings, Finding::Level::warning), "warning"));
}

Json json_of(const Findings& findings, const std::string& directory) {
  Json json{{"directory", directory},
            {"problems", count_of(findings, Finding::Level::problem)},
            {"warnings", count_of(findings, Finding::Level::warning)},
            {"checks", Json::array()}};
  for (const Finding& finding : findings) {
    json["checks"].push_back({{"check", finding.check},
                              {"level", level_word(finding.level)},
                              {"text", finding.text},
                              {"advice", finding.advice}});
  }
  return json;
}

std::string absolute(const std::string& directory) {
  const std::string path = std::filesystem::absolute(directory).lexically_normal();
  return path.size() > 1 && path.back() == '/' ? path.substr(0, path.size() - 1) : path;
}

int diagnose(const DoctorArguments& arguments) {
  const std::string directory =
      absolute(arguments.directory.empty() ? shm::default_directory() : arguments.directory);
  const Findings findings = examine(directory);
  Output out;
  if (arguments.json) {
    out.append(json_line(json_of(findings, directory)));
  } else {
    print_text(out.buffer(), findings);
  }
  out.flush();
  return count_of(findings, Finding::Level::problem) == 0 ? 0 : 1;
}

}  // namespace

void add_doctor(Command& app, Run& run) {
  auto arguments = std::make_shared<DoctorArguments>();
  Command command = app.add_command("doctor", "Check that everything is as streams need it; say what to do");
  add_directory_option(command, arguments->directory);
  command.add_flag("--json", arguments->json, R"(As JSON: {"problems":0,"warnings":1,"checks":[...]})");
  command.footer(
      "Looks at the directory of streams, its file system and what is left in it, tries what libshm asks of "
      "the\n"
      "kernel, and looks at limits and settings, as the user who runs it. Nothing is changed. A warning is\n"
      "about what works worse than it could, or not for all; what capture daemons alone need is a warning.\n"
      "Exit code: 0 no problem, 1 a problem.");
  command.on_chosen([arguments, &run] { run = [arguments] { return diagnose(*arguments); }; });
}

}  // namespace shm::programs
