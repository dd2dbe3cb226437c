// SPDX-License-Identifier: Apache-2.0
#include "director.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <thread>

#include "stepped_clock.hpp"

namespace shm::chaos {

using namespace std::chrono_literals;

namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;
constexpr std::int64_t hangs_after = 60 * second;
constexpr std::uint32_t enough_violations = 20;

/// Chooses some of the streams; if there is room, always one with a source, a timed one, one with keys, a lossless
/// one, and one of records.
std::vector<std::size_t> choose_streams(std::size_t most, std::mt19937_64& random) {
  std::vector<std::size_t> chosen(all_streams().size());
  std::iota(chosen.begin(), chosen.end(), std::size_t{0});
  if (most == 0 || most >= chosen.size()) return chosen;
  std::shuffle(chosen.begin(), chosen.end(), random);
  const auto to_front = [&](auto wanted) {
    std::stable_partition(chosen.begin(), chosen.end(),
                          [&](std::size_t i) { return wanted(all_streams()[i]); });
    std::rotate(chosen.begin(), chosen.begin() + 1, chosen.end());
  };
  to_front([](const StreamKind& kind) { return kind.records; });
  to_front([](const StreamKind& kind) { return kind.lossless && !kind.records; });
  to_front([](const StreamKind& kind) { return kind.keys != Keys::none; });
  to_front([](const StreamKind& kind) { return kind.has_source; });
  to_front([](const StreamKind& kind) { return kind.timed; });
  std::reverse(chosen.begin(), chosen.end());
  chosen.resize(most);
  return chosen;
}

}  // namespace

Director::Director(const Plan& plan, BoardMemory& memory, Arena& arena)
    : plan_(plan),
      board_(memory.board()),
      arena_(arena),
      crew_(memory),
      random_(plan.seed),
      faults_(crew_, board_, arena, tally_, random_(), [this](std::size_t slot) { return post_of(slot); }),
      programs_(crew_, board_, arena, plan.programs, random_()),
      time_namespaces_(Crew::has_time_namespaces()),
      streams_(choose_streams(plan.streams, random_)) {
  for (const std::size_t stream : streams_) {
    for (std::size_t i = 0; i < plan.writers; ++i) positions_.push_back({Post::writer, stream, {}, 0});
  }
  for (std::size_t i = 0; i < plan.readers; ++i) positions_.push_back({Post::reader, {}, {}, 0});
  for (std::size_t i = 0; i < plan.tools; ++i) positions_.push_back({Post::tool, {}, {}, 0});
}

std::size_t Director::post_of(std::size_t slot) const {
  for (const Position& position : positions_) {
    if (position.slot == slot) return static_cast<std::size_t>(position.post);
  }
  return killed_program;
}

/// Chooses a role by weight, among those of the post that fit one of the streams.
const RoleEntry& Director::choose_role(Post post, const std::vector<std::size_t>& streams) {
  const auto weight = [&](const RoleEntry& role) {
    const bool fits = role.post == post &&
                      std::any_of(streams.begin(), streams.end(),
                                  [&](std::size_t stream) { return role.fits(all_streams()[stream]); });
    return fits ? static_cast<std::uint64_t>(role.weight) : 0;
  };
  std::uint64_t weights = 0;
  for (const RoleEntry& role : all_roles()) weights += weight(role);
  std::uint64_t at = random(weights);
  for (const RoleEntry& role : all_roles()) {
    if (at < weight(role)) return role;
    at -= weight(role);
  }
  return all_roles().back();
}

WorkerOrders Director::orders_for(const Position& position) {
  WorkerOrders orders;
  orders.seed = random_();
  orders.stream = position.stream.value_or(streams_[random(streams_.size())]);
  if (position.post == Post::writer) {
    orders.role = all_streams()[orders.stream].writer;
  } else if (position.post == Post::reader) {
    orders.role = choose_role(Post::reader, {orders.stream}).name;
  } else {
    const RoleEntry& role = choose_role(position.post, streams_);
    orders.role = role.name;
    while (!role.fits(all_streams()[orders.stream])) orders.stream = streams_[random(streams_.size())];
  }
  // All writers of one stream are without membarrier, and some writers of the others.
  orders.no_membarrier = all_streams()[orders.stream].name == "ticks/fenced" || random(5) == 0;
  if (orders.no_membarrier) ++tally_.fenced_workers;
  if (time_namespaces_ && random(4) == 0) {
    const std::int64_t up = true_now() / second;
    const std::int64_t offsets[] = {1, 1'000'000, 40'000'000, -(up / 2)};
    orders.clock_offset_ns = offsets[random(4)] * second;
    if (orders.clock_offset_ns != 0) ++tally_.shifted_workers;
  }
  return orders;
}

void Director::man_posts(std::int64_t now) {
  for (Position& position : positions_) {
    if (position.slot || now < position.start_at) continue;
    position.slot = crew_.start_worker(orders_for(position));
  }
  programs_.tend();
}

void Director::bury_dead(std::int64_t now) {
  for (const Death& death : crew_.bury()) {
    if (programs_.died(death)) continue;
    for (Position& position : positions_) {
      if (position.slot != death.slot) continue;
      position.slot.reset();
      position.start_at = now + static_cast<std::int64_t>(random(300 * ms));
    }
    if (death.sentenced) continue;
    if (death.exit_code == 0) {
      ++tally_.finished_workers;
    } else {
      board_.report(
          fmt::format("{}: ended with exit code {}, signal {}", death.what, death.exit_code, death.signal));
    }
  }
}

void Director::look_for_hangs(std::int64_t now) {
  for (const Position& position : positions_) {
    if (!position.slot || crew_.is_stopped(*position.slot)) continue;
    const WorkerSlot& slot = board_.slots[*position.slot];
    if (slot.sentenced.load() != 0 || now - slot.beat.load() < hangs_after) continue;
    board_.report(fmt::format("{}: gave no sign of life for {} s", slot.doing.data(),
                              (now - slot.beat.load()) / second));
    crew_.kill(*position.slot);
  }
}

bool Director::has_enough() const { return board_.violation_count.load() >= enough_violations; }

void Director::run(const volatile int& interrupted) {
  began_ = true_now();
  board_.going_on.store(1);
  const auto length = static_cast<std::int64_t>(plan_.seconds * 1e9);
  // Restart everything sometimes: at least twice, if the run is long enough.
  const std::int64_t restart_interval = std::min<std::int64_t>(30 * second, length / 3);
  restart_at_ = began_ + restart_interval;
  std::int64_t now = began_;
  while (interrupted == 0 && !has_enough() && now - began_ < length) {
    man_posts(now);
    faults_.tick(now);
    bury_dead(now);
    look_for_hangs(now);
    if (now >= restart_at_) {
      restart_everything(now);
      restart_at_ = true_now() + restart_interval / 2 +
                    static_cast<std::int64_t>(random(static_cast<std::uint64_t>(restart_interval)));
    }
    show_progress(now);
    std::this_thread::sleep_for(5ms);
    now = true_now();
  }
  finish();
  seconds_ = static_cast<double>(true_now() - began_) / 1e9;
  tally_.program_runs = programs_.runs();
  tally_.program_frames = programs_.frames_checked();
}

/// Kills all workers at one moment, and checks the files that they leave before any worker is started again.
void Director::restart_everything(std::int64_t now) {
  faults_.calm_down();
  for (const std::size_t slot : crew_.living()) ++tally_.kills[post_of(slot)];
  ++tally_.restarts_of_all;
  for (const Death& death : crew_.kill_everybody()) static_cast<void>(programs_.died(death));
  for (Position& position : positions_) {
    position.slot.reset();
    position.start_at = now + static_cast<std::int64_t>(random(500 * ms));
  }
  audit();
}

void Director::audit() { run_alone("auditor", streams_); }

/// Runs the role on these streams, all at once, without other workers.
void Director::run_alone(const std::string& role, const std::vector<std::size_t>& streams) {
  board_.going_on.store(1);
  for (const std::size_t stream : streams) {
    WorkerOrders orders;
    orders.role = role;
    orders.stream = stream;
    orders.seed = random_();
    if (!crew_.start_worker(orders)) board_.report("no place for the " + role);
  }
  const std::int64_t until = true_now() + hangs_after;
  while (!crew_.living().empty() && true_now() < until) {
    for (const Death& death : crew_.bury()) {
      if (death.exit_code != 0) {
        board_.report(
            fmt::format("{}: ended with exit code {}, signal {}", death.what, death.exit_code, death.signal));
      }
    }
    std::this_thread::sleep_for(1ms);
  }
  if (!crew_.living().empty()) board_.report("the " + role + " does not end");
  static_cast<void>(crew_.kill_everybody());
}

void Director::finish() {
  // First the processes that are asked to end by themselves, then the others.
  faults_.calm_down();
  board_.going_on.store(0);
  const std::int64_t until = true_now() + 20 * second;
  for (const std::size_t slot : crew_.living()) {
    if (post_of(slot) == killed_program) crew_.ask_to_end(slot);
  }
  while (!crew_.living().empty() && true_now() < until) {
    bury_dead(true_now());
    std::this_thread::sleep_for(2ms);
  }
  for (const std::size_t slot : crew_.living()) {
    board_.report(fmt::format("{}: was told to finish, and does not", board_.slots[slot].doing.data()));
  }
  static_cast<void>(crew_.kill_everybody());
  audit();
  // Files of unfinished creations are garbage once they are old enough: make them old.
  board_.realtime_offset_ns.store(600 * second);
  run_alone("sweeper", {streams_.front()});
  board_.realtime_offset_ns.store(0);
  judge_wakes();
  for (const std::string& name : arena_.leftovers()) board_.report("left behind: " + name);
  if (const std::int64_t pages = arena_.pages_taken(); arena_.leftovers().empty() && pages != 0) {
    board_.report(fmt::format("{} pages of files without a name are left", pages));
  }
}

/// A pause of the virtual machine makes a few wakes late; a defect that loses wakes makes many late.
void Director::judge_wakes() {
  const std::uint64_t late = board_.total(Count::late_wakes);
  const std::uint64_t wakes = board_.total(Count::wakes);
  if (late > std::max<std::uint64_t>(2, wakes / 10'000)) {
    board_.report(fmt::format("{} of {} wakes were late", late, wakes));
  }
}

void Director::show_progress(std::int64_t now) {
  if (::isatty(STDERR_FILENO) == 0 || now - shown_ < second / 2) return;
  shown_ = now;
  fmt::print(stderr, "\r{:6.0f} s  {} workers, {} started, {} items read, {} violations \x1b[K",
             static_cast<double>(now - began_) / 1e9, crew_.living().size(), crew_.started(),
             board_.total(Count::items_read), board_.violation_count.load());
}

}  // namespace shm::chaos
