// SPDX-License-Identifier: Apache-2.0
#include "worker.hpp"

#include <thread>

namespace shm::chaos {

Worker::Worker(Board& board, const WorkerOrders& orders)
    : board_(board),
      slot_(board.slots[orders.slot]),
      kind_(all_streams()[orders.stream]),
      random_(orders.seed),
      end_(true_now()) {
  live_for(std::chrono::seconds(12));
}

bool Worker::goes_on() {
  const std::int64_t now = true_now();
  slot_.beat.store(now, std::memory_order_relaxed);
  return now < end_ && board_.going_on.load(std::memory_order_relaxed) != 0;
}

void Worker::live_for(std::chrono::milliseconds most) {
  const auto ms = static_cast<std::int64_t>(random(static_cast<std::uint64_t>(most.count()) + 1));
  end_ = true_now() + ms * 1'000'000;
}

void Worker::violation(std::string_view what) const {
  board_.report(std::string(slot_.doing.data()) + ": " + std::string(what));
}

void Worker::note_late(std::int64_t ns, std::int64_t delayed_ns) const {
  std::int64_t longest = board_.latest_wake_ns.load();
  while (ns - delayed_ns > longest &&
         !board_.latest_wake_ns.compare_exchange_weak(longest, ns - delayed_ns)) {
  }
}

std::uint64_t Worker::random(std::uint64_t below) { return below == 0 ? 0 : random_() % below; }

void Worker::rest(std::chrono::microseconds most) {
  std::this_thread::sleep_for(
      std::chrono::microseconds(random(static_cast<std::uint64_t>(most.count()) + 1)));
}

}  // namespace shm::chaos
