// SPDX-License-Identifier: Apache-2.0
#include "programs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "sound_check.hpp"

namespace shm::chaos {
namespace {

constexpr const char* sound_stream = "sound";

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const StreamKind& a_lossless_stream() {
  const auto all = all_streams();
  return *std::find_if(all.begin(), all.end(), [](const StreamKind& kind) { return kind.lossless; });
}

/// Returns whether other faults of the run explain the failure.
bool is_explained(const std::string& err) {
  static constexpr std::array reasons{"there is no stream",
                                      "there is still no stream",
                                      "is being written by",
                                      "no control file of this stream",
                                      "No space left",
                                      "is gone",
                                      "replaced",
                                      "stopped before anything was recorded"};
  return std::any_of(reasons.begin(), reasons.end(),
                     [&](const char* reason) { return err.find(reason) != std::string::npos; });
}

}  // namespace

Programs::Programs(Crew& crew, Board& board, const Arena& arena, const ProgramPaths& paths,
                   std::uint64_t seed)
    : crew_(crew), board_(board), arena_(arena), paths_(paths), random_(seed) {
  if (!paths_.player.empty()) write_sound(arena.files() + "/sound.wav");
}

std::vector<std::string> Programs::command(Kind kind, const std::string& recording) {
  switch (kind) {
    case Kind::player:
      return {paths_.player, sound_stream, arena_.files() + "/sound.wav", "--loop", "--history",
              "1",           "--quiet"};
    case Kind::cat:
      return {paths_.tool,  "cat",
              sound_stream, "--follow",
              "--wait",     "10",
              "--from",     random(2) == 0 ? "next" : "oldest",
              "--count",    std::to_string(1000 + random(sound_rate * 3)),
              "--format",   "raw"};
    case Kind::recorder:
      return {paths_.recorder,
              sound_stream,
              recording,
              "--wait",
              "10",
              "--from",
              random(2) == 0 ? "next" : "oldest",
              "--seconds",
              fmt::format("{}.{}", random(3), 1 + random(9))};
    case Kind::list:
      return {paths_.tool, "ls", "--json"};
    case Kind::collect:
      return {paths_.tool, "gc"};
    case Kind::evict:
      return {paths_.tool, "evict", std::string(a_lossless_stream().name)};
  }
  return {};
}

void Programs::start(Kind kind) {
  const std::string base = fmt::format("{}/{}", arena_.files(), runs_);
  const Run run{kind, base + ".out", base + ".err", base + ".raw"};
  const Removing removing = kind == Kind::collect ? Removing::garbage : Removing::nothing;
  const std::int32_t evicting =
      kind == Kind::evict ? static_cast<std::int32_t>(a_lossless_stream().number()) + 1 : 0;
  const auto slot = crew_.start_program(command(kind, run.recording), run.out, run.err, removing, evicting);
  if (!slot) return;
  running_[*slot] = run;
  ++runs_;
}

void Programs::tend() {
  if (paths_.player.empty()) return;
  // There are two players: one is refused as long as the other lives.
  for (const auto& [kind, wanted] : {std::pair{Kind::player, 2},
                                     {Kind::cat, 1},
                                     {Kind::recorder, 1},
                                     {Kind::list, 1},
                                     {Kind::evict, 1},
                                     {Kind::collect, 1}}) {
    const auto there = std::count_if(running_.begin(), running_.end(),
                                     [&, of = kind](const auto& run) { return run.second.kind == of; });
    const std::uint64_t rarely =
        kind == Kind::evict ? 1000 : 20;  // frequent evictions would hide other errors
    if (there < wanted && random(rarely) == 0) start(kind);
  }
}

bool Programs::died(const Death& death) {
  const auto found = running_.find(death.slot);
  if (found == running_.end()) return false;
  check(death, found->second);
  for (const std::string& path : {found->second.out, found->second.err, found->second.recording}) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
  running_.erase(found);
  return true;
}

void Programs::check(const Death& death, const Run& run) {
  const std::string err = slurp(run.err);
  const auto complain = [&](const std::string& what) {
    board_.report(fmt::format("{}: {}; it said: {}", death.what, what, err.substr(0, 300)));
  };
  // If SIGTERM comes before the program handles it, then the program dies of it.
  const bool fine = death.sentenced || death.exit_code == 0 || death.signal == SIGTERM;
  if (!fine && !(death.exit_code == 1 && is_explained(err))) {
    complain(fmt::format("exit code {}, signal {}", death.exit_code, death.signal));
  }
  if (run.kind == Kind::cat || run.kind == Kind::recorder) {
    const bool jumps = err.find("lost") != std::string::npos || err.find("resum") != std::string::npos ||
                       err.find("replaced") != std::string::npos;
    const SoundCheck sound = check_sound(run.kind == Kind::cat ? run.out : run.recording, jumps);
    frames_ += sound.frames;
    if (!sound.complaint.empty()) complain(sound.complaint);
  }
  if (run.kind == Kind::list && death.exit_code == 0 && !nlohmann::json::accept(slurp(run.out))) {
    complain("its output is not JSON");
  }
}

}  // namespace shm::chaos
