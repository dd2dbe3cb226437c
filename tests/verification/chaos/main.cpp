// SPDX-License-Identifier: Apache-2.0

// shm-chaos: all parts of the library at once, under all faults, checked against the truth (docs/chaos.md). The same
// program is the director and, started by it, each of the workers.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "arena.hpp"
#include "board.hpp"
#include "director.hpp"
#include "report.hpp"
#include "role.hpp"
#include "stepped_clock.hpp"

namespace shm::chaos {
namespace {

volatile int interrupted = 0;

/// shm-chaos --worker ROLE STREAM SLOT SEED CLOCK_OFFSET BOARD_FD
int work(const std::vector<std::string>& arguments) {
  WorkerOrders orders;
  orders.role = arguments.at(0);
  orders.stream = std::stoul(arguments.at(1));
  orders.slot = std::stoul(arguments.at(2));
  orders.seed = std::stoull(arguments.at(3));
  orders.clock_offset_ns = std::stoll(arguments.at(4));
  set_monotonic_offset(orders.clock_offset_ns);
  const BoardMemory memory(std::stoi(arguments.at(5)));
  step_realtime_by(&memory.board().realtime_offset_ns);
  memory.board().slots[orders.slot].pid.store(::getpid());  // may be before the director stores it
  Worker worker(memory.board(), orders);
  try {
    role_named(orders.role).run(worker);
  } catch (const std::exception& error) {
    worker.violation(std::string("exception: ") + error.what());
  }
  step_realtime_by(nullptr);
  return 0;
}

/// Returns the project's programs that were built beside this one.
std::string beside(const char* relative) {
  char self[4096];
  const ::ssize_t bytes = ::readlink("/proc/self/exe", self, sizeof self - 1);
  if (bytes <= 0) return {};
  std::string path(self, static_cast<std::size_t>(bytes));
  path.resize(path.rfind('/'));
  path += std::string("/../../../") + relative;
  return ::access(path.c_str(), X_OK) == 0 ? path : std::string();
}

ProgramPaths built_programs() {
  ProgramPaths paths{beside("producers/file/shm-file"), beside("consumers/shm"),
                     beside("consumers/shm-record")};
  return paths.player.empty() || paths.tool.empty() || paths.recorder.empty() ? ProgramPaths{} : paths;
}

int direct(const Plan& plan, const std::string& json_file) {
  const std::vector<std::string> before = directories_of_runs();
  BoardMemory memory;
  Board& board = memory.board();
  std::string text;
  {
    Arena arena;
    Director director(plan, memory, arena);
    director.run(interrupted);
    if (::isatty(STDERR_FILENO) != 0) fmt::print(stderr, "\r\x1b[K");
    text = text_report(plan, board, director, arena);
    if (!json_file.empty()) {
      std::ofstream file(json_file);
      file << json_report(plan, board, director, arena).dump(2) << '\n' << std::flush;
      if (!file) {
        fmt::print(stderr, "shm-chaos: cannot write {}\n", json_file);
        return 1;
      }
    }
  }
  fmt::print("{}", text);
  if (interrupted != 0) fmt::print("interrupted before the time was over\n");
  const std::vector<std::string> after = directories_of_runs();
  bool left = false;
  for (const std::string& path : after) {
    if (std::find(before.begin(), before.end(), path) != before.end()) continue;
    fmt::print("left behind, or of another run: {}\n", path);
    left = true;
  }
  return board.violation_count.load() == 0 && !left ? 0 : 1;
}

int main_of_director(int argc, char** argv) {
  Plan plan;
  double minutes = 1;
  std::optional<std::uint64_t> seed;
  std::string json_file;
  bool no_programs = false;
  CLI::App app("Writers and readers of every kind, killed and stopped at random, held against the truth.");
  app.add_option("--minutes", minutes, "How long")->check(CLI::PositiveNumber)->capture_default_str();
  app.add_option("--seed", seed, "Of the random numbers (default: a new one)");
  app.add_option("--json", json_file, "Write the report to this file, too");
  app.add_option("--streams", plan.streams, "So many kinds of streams, chosen at random (0: all)")
      ->capture_default_str();
  app.add_option("--writers", plan.writers, "That want each stream")
      ->check(CLI::Range(1, 3))
      ->capture_default_str();
  app.add_option("--readers", plan.readers, "In all")->check(CLI::Range(0, 80))->capture_default_str();
  app.add_option("--tools", plan.tools, "In all")->check(CLI::Range(0, 10))->capture_default_str();
  app.add_flag("--no-programs", no_programs, "Workers only");
  CLI11_PARSE(app, argc, argv);
  plan.seconds = minutes * 60;
  plan.seed = seed.value_or(std::random_device{}());
  if (!no_programs) plan.programs = built_programs();

  struct ::sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(number, &action, nullptr);
  const struct ::rlimit no_cores {};
  ::setrlimit(RLIMIT_CORE, &no_cores);
  try {
    return direct(plan, json_file);
  } catch (const std::exception& error) {
    fmt::print(stderr, "shm-chaos: {}\n", error.what());
    return 1;
  }
}

}  // namespace
}  // namespace shm::chaos

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--worker") return shm::chaos::work({argv + 2, argv + argc});
  return shm::chaos::main_of_director(argc, argv);
}
