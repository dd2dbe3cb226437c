// SPDX-License-Identifier: Apache-2.0

// shm-bench: libshm beside the limits of the machine and beside its peers. bench/README.md describes how it
// measures.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "questions/run.hpp"
#include "results/machine.hpp"
#include "results/summary.hpp"
#include "support/temp_directory.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

using Json = nlohmann::json;

struct Question {
  const char* id;
  void (*ask)(Run&);
};
constexpr std::array<Question, 16> questions{{{"one-way", ask_one_way},
                                              {"wake", ask_wake},
                                              {"paced", ask_paced},
                                              {"throughput", ask_throughput},
                                              {"fan-out", ask_fan_out},
                                              {"waiting", ask_waiting},
                                              {"append", ask_append},
                                              {"batches", ask_batches},
                                              {"memory", ask_memory},
                                              {"lifecycle", ask_lifecycle},
                                              {"lossless", ask_lossless},
                                              {"records", ask_records},
                                              {"keys", ask_keys},
                                              {"interval-query", ask_interval_query},
                                              {"stamped-append", ask_stamped_append},
                                              {"merging", ask_merging}}};

struct Wishes {
  Effort effort;
  bool quick = false;
  bool check = false;
  bool list = false;
  std::vector<std::string> only;
  std::vector<std::string> implementations;
  std::string json_file;
  std::string command;
};

bool is_among(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<Implementation> wanted(const std::vector<std::string>& names) {
  std::vector<Implementation> all = all_implementations();
  std::erase_if(all, [&](const Implementation& one) {
    return !is_among(names, one.is.name) && (one.is.kind != Kind::limit || names.empty());
  });
  return all;
}

/// Starts the servers that the implementations need; implementations whose server does not start are missing.
std::vector<std::shared_ptr<void>> start_daemons(std::vector<Implementation>& implementations) {
  std::vector<std::shared_ptr<void>> running;
  for (Implementation& one : implementations) {
    if (!one.missing.empty() || !one.start) continue;
    try {
      running.push_back(one.start());
    } catch (const std::exception& error) {
      one.missing = error.what();
    }
  }
  return running;
}

Json described(const std::vector<Implementation>& implementations) {
  Json all = Json::array();
  for (const Implementation& one : implementations) {
    const char* kind = one.is.kind == Kind::ours ? "ours" : one.is.kind == Kind::limit ? "limit" : "peer";
    all.push_back({{"name", one.is.name},
                   {"kind", kind},
                   {"version", one.is.version},
                   {"how", one.is.how},
                   {"missing", one.missing}});
  }
  // Limits that the questions measure themselves.
  all.push_back({{"name", "bare line"},
                 {"kind", "limit"},
                 {"how", "one cache line that both processes write, bounced: the probe of the placement"}});
  const auto add_limit = [&](const char* name, const char* how) {
    all.push_back({{"name", name}, {"kind", "limit"}, {"how", how}});
  };
  add_limit("memcpy", "the same bytes between memory of the same kind and size");
  add_limit("eventfds in epoll", "an eventfd(2) for each stream, all in one epoll; a write to one of them");
  add_limit("20 ns", "the bar for maps that find the item of a key in one step, for any number of items");
  add_limit("150 ns", "the bar for maps that search, among a million items");
  add_limit("std::lower_bound", "over a plain sorted array of as many keys, in pages as small as a stream's");
  add_limit("one load",
            "of a random place in plain memory as large as the items or the anchors: what the caches allow");
  add_limit("flat", "the same at every size: 1");
  add_limit("10 items", "the same query, of 10 items");
  add_limit("lossy", "the same stream and readers, not lossless");
  add_limit("plain append", "of an item as large, to a stream without keys");
  add_limit("std::merge", "over plain arrays, two and two: as many passes as a tree of that many has levels");
  return all;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Json ask_all(Run& run, const Wishes& wishes) {
  const auto start = std::chrono::steady_clock::now();
  Json found{
      {"format", 1},
      {"date", date_and_time()},
      {"command", wishes.command},
      {"quick", wishes.quick},
      {"rounds", run.effort().rounds},
      {"machine", describe_machine()},
      {"build", describe_build()},
      {"clock", describe_clock()},
      {"pinning",
       {{"sender", run.processors().here}, {"receivers", run.processors().there}, {"daemons", "not pinned"}}},
      {"implementations", described(run.implementations())}};
  for (const Question& question : questions) {
    if (!is_among(wishes.only, question.id)) continue;
    const auto begin = std::chrono::steady_clock::now();
    question.ask(run);
    fmt::print(stderr, "{}: {:.0f} s\n", question.id, seconds_since(begin));
  }
  found.update(run.results().to_json(run.implementations()));
  found["took_s"] = seconds_since(start);
  found["stopped"] = run.was_stopped();
  return found;
}

/// Opened before anything is measured: results that cannot be stored are not worth the time.
std::ofstream open_results(const std::string& path) {
  std::ofstream out(path);
  if (!out) throw std::runtime_error("cannot write " + path + ": " + std::strerror(errno));
  return out;
}

bool run(const Wishes& wishes) {
  const TempDirectory directory;
  std::vector<Implementation> implementations = wanted(wishes.implementations);
  const auto daemons = start_daemons(implementations);
  Run run(wishes.effort, implementations);
  if (wishes.check) return check_all(run);
#ifndef __OPTIMIZE__
  throw std::runtime_error(
      "built without optimisation, for the tests: its figures would be the compiler's; `./run bench` builds "
      "one that measures");
#endif
  std::ofstream results;
  if (!wishes.json_file.empty()) results = open_results(wishes.json_file);
  const Json found = ask_all(run, wishes);
  fmt::print("{}", summary_of(found));
  if (wishes.json_file.empty()) return true;
  results << found.dump(1) << "\n";
  if (!results.flush()) throw std::runtime_error("cannot write " + wishes.json_file);
  return true;
}

void list() {
  for (const Implementation& one : all_implementations()) {
    fmt::print("{:24} {}\n", one.is.name, one.missing.empty() ? one.is.how : one.missing);
  }
}

std::vector<std::string> names_of(const auto& things, auto name) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(name(thing));
  return names;
}

}  // namespace
}  // namespace shm::bench

int main(int argc, char** argv) {
  using namespace shm::bench;
  Wishes wishes;
  wishes.command = "shm-bench";
  for (int i = 1; i < argc; ++i) wishes.command += std::string(" ") + argv[i];
  CLI::App app("libshm beside the limits of the machine and beside its peers, every figure in the same run.");
  app.add_flag("--quick", wishes.quick,
               "fewer rounds and sizes, shorter: under three minutes, wider spreads");
  app.add_option("--rounds", wishes.effort.rounds, "rounds of each measurement")->check(CLI::Range(1, 1000));
  app.add_option("--only", wishes.only, "only these questions")
      ->check(CLI::IsMember(
          names_of(questions, [](const Question& question) { return std::string(question.id); })));
  app.add_option("--implementations", wishes.implementations, "only these, and the limits (see --list)")
      ->check(CLI::IsMember(
          names_of(all_implementations(), [](const Implementation& one) { return one.is.name; })));
  app.add_option("--json", wishes.json_file, "write all figures to this file");
  app.add_flag("--check", wishes.check,
               "measure nothing: check that each implementation carries the right data");
  app.add_flag("--list", wishes.list, "what is compared, and how each is used");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (wishes.quick) {
    wishes.effort.stretch = 0.25;
    wishes.effort.all_sizes = false;
    wishes.effort.at_most = std::chrono::seconds(170);
    if (app.count("--rounds") == 0) wishes.effort.rounds = 3;
  }
  try {
    if (wishes.list) return list(), 0;
    return run(wishes) ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "shm-bench: {}\n", error.what());
    return 1;
  }
}
