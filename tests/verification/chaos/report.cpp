// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace shm::chaos {
namespace {

using Figures = std::vector<std::pair<std::string, std::uint64_t>>;

Figures figures(const Board& board, const Director& director) {
  const Tally& tally = director.tally();
  Figures all{
      {"streams", director.stream_count()},
      {"processes started", director.workers_started()},
      {"finished by themselves", tally.finished_workers},
      {"writers killed", tally.kills[static_cast<std::size_t>(Post::writer)]},
      {"readers killed", tally.kills[static_cast<std::size_t>(Post::reader)]},
      {"tools killed", tally.kills[static_cast<std::size_t>(Post::tool)]},
      {"programs killed", tally.kills[killed_program]},
      {"stopped for a while", tally.stops},
      {"restarts of everything", tally.restarts_of_all},
      {"times the file system was full", tally.full_rounds},
      {"steps of the real-time clock", tally.realtime_steps},
      {"workers with other monotonic clocks", tally.shifted_workers},
      {"workers without membarrier", tally.fenced_workers},
      {"runs of programs", tally.program_runs},
      {"frames of sound checked", tally.program_frames},
  };
  for (std::size_t i = 0; i < counts; ++i) {
    const auto count = static_cast<Count>(i);
    all.emplace_back(name_of(count), board.total(count));
  }
  return all;
}

std::vector<std::string> not_run(const Plan& plan, const Director& director, const Arena& arena) {
  std::vector<std::string> parts;
  if (!arena.is_mounted()) parts.emplace_back("full file system: may not mount one here");
  if (!director.has_time_namespaces())
    parts.emplace_back("steps of the monotonic clocks: no time namespaces here");
  if (plan.programs.player.empty()) parts.emplace_back("programs: not built, or not asked for");
  return parts;
}

std::vector<std::string> violations(const Board& board) {
  std::vector<std::string> texts;
  for (const Violation& violation : board.violations) {
    if (violation.written.load(std::memory_order_acquire) != 0) texts.emplace_back(violation.text.data());
  }
  return texts;
}

}  // namespace

std::string text_report(const Plan& plan, const Board& board, const Director& director, const Arena& arena) {
  std::string text = fmt::format("chaos: {:.0f} s, seed {}\n", director.seconds(), plan.seed);
  for (const auto& [name, number] : figures(board, director))
    text += fmt::format("  {:<38}{:>14}\n", name, number);
  if (const auto late = board.latest_wake_ns.load(); late > 0) {
    text += fmt::format("  the latest wake came {} ms after the item\n", late / 1'000'000);
  }
  for (const std::string& part : not_run(plan, director, arena)) text += "  not run: " + part + "\n";
  const std::uint32_t found = board.violation_count.load();
  text += fmt::format("  {:<38}{:>14}\n", "violations", found);
  for (const std::string& violation : violations(board)) text += "    " + violation + "\n";
  if (found > max_violations) text += fmt::format("    and {} more\n", found - max_violations);
  if (found > 0) {
    text += fmt::format(
        "to repeat: ./run chaos --minutes {:.2f} --seed {} (the same faults in the same order; how\n"
        "the kernel schedules them differs from run to run, so it may take several)\n",
        plan.seconds / 60, plan.seed);
    if (const std::string log = director.log_tail(); !log.empty())
      text += "what workers said:\n" + log + "\n";
  }
  return text;
}

nlohmann::ordered_json json_report(const Plan& plan, const Board& board, const Director& director,
                                   const Arena& arena) {
  nlohmann::ordered_json json;
  json["seconds"] = director.seconds();
  json["seed"] = plan.seed;
  for (auto [name, number] : figures(board, director)) {
    std::replace(name.begin(), name.end(), ' ', '_');
    std::replace(name.begin(), name.end(), '-', '_');
    json["counts"][name] = number;
  }
  json["latest_wake_ns"] = board.latest_wake_ns.load();
  json["not_run"] = not_run(plan, director, arena);
  json["violation_count"] = board.violation_count.load();
  json["violations"] = violations(board);
  return json;
}

}  // namespace shm::chaos
