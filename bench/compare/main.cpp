// shm-bench: libshm beside the limits that it is to be compared with, in interleaved rounds, and the bars.
// How it measures is told in bench/README.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "compare/append_cost.hpp"
#include "compare/batch_copy.hpp"
#include "compare/one_way.hpp"
#include "compare/report.hpp"
#include "compare/wake.hpp"
#include "support/temp_directory.hpp"

namespace shm::bench {
namespace {

void run(const Effort& effort, const std::vector<std::string>& only, const std::string& json_file) {
  const TempDirectory directory;
  const Processors processors = two_processors();
  const Machine machine = this_machine();
  pin_to(processors.here);
  print_machine(machine, processors);

  const auto stop = std::chrono::steady_clock::now() + effort.at_most;
  std::vector<OneWay> one_way;
  for (const std::size_t bytes : {8U, 48U, 64U, 256U, 4096U}) one_way.emplace_back(bytes);
  const auto wanted = [&](const std::string& part) {
    return only.empty() || std::find(only.begin(), only.end(), part) != only.end();
  };
  Wake wake;
  AppendCost append;
  BatchCopy batch;
  for (int round = 1; round <= effort.rounds; ++round) {
    if (std::chrono::steady_clock::now() > stop) {
      fmt::print("Stopped after {} rounds of {}: the machine is too busy for more in the time given.\n\n",
                 round - 1, effort.rounds);
      break;
    }
    fmt::print(stderr, "\rround {} of {}", round, effort.rounds);
    if (wanted("one-way")) {
      for (OneWay& size : one_way) size.take_round(processors, effort);
    }
    if (wanted("wake")) wake.take_round(processors, effort);
    if (wanted("append")) append.take_round(processors, effort);
    if (wanted("batch")) batch.take_round(effort);
  }
  fmt::print(stderr, "\r{:30}\r", "");

  std::vector<Comparison> all;
  const auto add = [&](const std::vector<Comparison>& some) {
    all.insert(all.end(), some.begin(), some.end());
  };
  for (const OneWay& size : one_way) add(size.comparisons());
  add({wake.p50(), wake.p99()});
  add(append.comparisons());
  add(batch.comparisons());
  if (wanted("one-way")) print_one_way(one_way);
  print_bars(all);
  if (wake.found_awake() > 0) {
    fmt::print("\nwakes not counted because the reader was not asleep: {}\n", wake.found_awake());
  }
  if (!json_file.empty()) {
    std::ofstream out(json_file);
    out << to_json(machine, one_way, all).dump(2) << "\n";
    if (!out.flush()) throw std::runtime_error("cannot write " + json_file);
  }
}

}  // namespace
}  // namespace shm::bench

int main(int argc, char** argv) {
  CLI::App app(
      "libshm beside the limits it is to be compared with: a bare cache line, a bare futex, memcpy.");
  shm::bench::Effort effort;
  bool quick = false;
  std::vector<std::string> only;
  std::string json_file;
  app.add_flag("--quick", quick, "fewer rounds: some 20 s, and wider spreads");
  app.add_option("--rounds", effort.rounds, "rounds of each measurement")->check(CLI::Range(1, 1000));
  app.add_option("--only", only, "only these parts")
      ->check(CLI::IsMember({"one-way", "wake", "append", "batch"}));
  app.add_option("--json", json_file, "write all rounds and medians to this file");
  CLI11_PARSE(app, argc, argv);
  if (quick) {
    const int rounds = effort.rounds;
    effort = shm::bench::Effort::quick();
    if (app.count("--rounds") > 0) effort.rounds = rounds;
  }
  try {
    shm::bench::run(effort, only, json_file);
  } catch (const std::exception& error) {
    fmt::print(stderr, "shm-bench: {}\n", error.what());
    return 1;
  }
}
