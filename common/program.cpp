// SPDX-License-Identifier: Apache-2.0
#include "common/program.hpp"

#include <algorithm>
#include <cstdio>
#include <string>

#include "common/output.hpp"
#include "common/terminal.hpp"
#include "common/text.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/survive_truncation.hpp"

namespace shm::programs {
namespace {

std::string& program_name() {
  static std::string name = "shm";
  return name;
}

std::string one_line(std::string_view sentence) {
  while (!sentence.empty() && sentence.back() == '\n') sentence.remove_suffix(1);
  std::string line(sentence);
  std::replace(line.begin(), line.end(), '\n', ' ');
  return printable(line);
}

int usage_error(const char* what) {
  notice(std::string(what) + "; see " + program_name() + " --help");
  return exit_usage;
}

}  // namespace

void notice(std::string_view sentence) {
  clear_status_line();
  const std::string line = program_name() + ": " + one_line(sentence) + "\n";
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int run_program(CommandLine& line, int argc, char** argv, const ProgramBody& body, SecondSignal second) {
  program_name() = line.program();
  try {
    if (const std::optional<int> code = line.parse(argc, argv)) return *code;
    const StopSignal stop(second);
    shm::survive_truncation();  // a reader that cuts its file short cannot end this program
    return body(stop);
  } catch (const OutputClosed&) {
    return exit_done;
  } catch (const UsageError& error) {
    return usage_error(error.what());
  } catch (const shm::Interrupted&) {
    return exit_done;
  } catch (const std::exception& error) {
    notice(error.what());
    return exit_failed;
  }
}

}  // namespace shm::programs
