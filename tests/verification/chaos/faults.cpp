// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <algorithm>
#include <array>

namespace shm::chaos {
namespace {
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;
}  // namespace

Faults::Faults(Crew& crew, Board& board, Arena& arena, Tally& tally, std::uint64_t seed,
               std::function<std::size_t(std::size_t)> post_of)
    : crew_(crew), board_(board), arena_(arena), tally_(tally), random_(seed), post_of_(std::move(post_of)) {
  faults_ = {{120 * ms, &Faults::kill_one},
             {200 * ms, &Faults::stop_one},
             {900 * ms, &Faults::step_realtime},
             {6 * second, &Faults::fill_up}};
}

std::int64_t Faults::random(std::int64_t below) {
  return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(below));
}

void Faults::tick(std::int64_t now) {
  for (Fault& fault : faults_) {
    if (fault.due == 0) fault.due = now + random(2 * fault.interval);
    if (now < fault.due) continue;
    (this->*fault.strike)(now);
    fault.due = now + random(2 * fault.interval);
  }
  if (full_until_ != 0 && now >= full_until_) make_room();
  std::erase_if(stopped_, [&](const Stopped& one) {
    if (now < one.until) return false;
    if (board_.slots[one.slot].ticket.load() == one.ticket) crew_.go_on(one.slot);
    return true;
  });
}

std::vector<std::size_t> Faults::candidates() const { return crew_.living(); }

void Faults::kill_one(std::int64_t) {
  const std::vector<std::size_t> living = candidates();
  if (living.empty()) return;
  const std::size_t slot = living[static_cast<std::size_t>(random(static_cast<std::int64_t>(living.size())))];
  const std::size_t post = post_of_(slot);
  if (post == killed_program && random(3) == 0) {
    crew_.ask_to_end(slot);  // must end by itself, without an error
    return;
  }
  crew_.kill(slot);
  ++tally_.kills[post];
}

void Faults::stop_one(std::int64_t now) {
  const std::vector<std::size_t> living = candidates();
  if (living.empty()) return;
  const std::size_t slot = living[static_cast<std::size_t>(random(static_cast<std::int64_t>(living.size())))];
  if (crew_.is_stopped(slot)) return;
  crew_.stop(slot);
  ++tally_.stops;
  // Mostly for a moment, sometimes for longer than any wait.
  const std::int64_t time = random(10) == 0 ? 1500 * ms : random(300 * ms);
  stopped_.push_back({slot, board_.slots[slot].ticket.load(), now + time});
}

void Faults::step_realtime(std::int64_t) {
  static constexpr std::array<std::int64_t, 7> offsets{0, 60, -60, 3600, -3600, 400LL * 86400, -5LL * 86400};
  board_.realtime_offset_ns.store(offsets[static_cast<std::size_t>(random(offsets.size()))] * second);
  ++tally_.realtime_steps;
}

void Faults::fill_up(std::int64_t now) {
  if (full_until_ != 0) return;
  board_.room_turns.fetch_add(1);  // odd: from now on NoSpace is expected
  if (!arena_.fill(static_cast<std::uint64_t>(random(40)))) {
    board_.room_turns.fetch_add(1);
    return;
  }
  full_until_ = now + 100 * ms + random(1500 * ms);
  ++tally_.full_rounds;
}

void Faults::make_room() {
  arena_.give_room();
  board_.room_turns.fetch_add(1);
  full_until_ = 0;
}

void Faults::calm_down() {
  for (const std::size_t slot : crew_.living()) crew_.go_on(slot);
  stopped_.clear();
  if (full_until_ != 0) make_room();
  board_.realtime_offset_ns.store(0);
}

}  // namespace shm::chaos
