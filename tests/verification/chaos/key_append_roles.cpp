// SPDX-License-Identifier: Apache-2.0
#include "key_append_roles.hpp"

#include <algorithm>
#include <optional>

#include "pen.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t ns_per_ms = 1'000'000;

/// Returns a key not below the last one: close to it, at the present time (so that the keys of streams can be
/// compared), or far ahead.
std::int64_t choose_key(Worker& worker, const Pen& pen) {
  const std::int64_t now = true_now();
  const std::optional<std::int64_t> last = pen.last_key();
  if (!last) return now;
  const auto ahead = [&](std::uint64_t least, std::uint64_t below) {
    return *last + static_cast<std::int64_t>(least + worker.random(below));
  };
  if (worker.random(300) == 0) {
    worker.count(Count::key_leaps);
    return ahead(20 * ns_per_ms, worker.chance(5) ? 2000 * ns_per_ms : 100 * ns_per_ms);
  }
  if (worker.chance(20)) return *last;
  const std::int64_t key = ahead(0, worker.chance(50) ? 1000 : 300'000);
  return worker.chance(50) ? std::max(key, now) : key;
}

std::optional<Stamp> stamp_of(Worker& worker, std::int64_t key) {
  if (worker.kind().keys != Keys::stamped) return std::nullopt;
  const Stamp stamp = worker.chance(50) ? Stamp::first(key) : Stamp::last(key);
  return worker.chance(3) ? stamp.after_gap(7) : stamp;
}

void fill_and_publish(Worker& worker, RawWriter& out, Pen& pen, std::uint64_t count,
                      const std::optional<Stamp>& stamp) {
  const std::span<std::byte> slots = out.claim(count);
  const std::span<const std::byte> items = pen.make_next(count);
  ring::store_items(slots.data(), items.data(), items.size(), out.item_bytes());
  const std::uint64_t published = worker.chance(80) ? count : worker.random(count + 1);
  out.publish(published, stamp);
  pen.published(out, published);
}

/// Checks that a key below that of the last item is refused, and that the stream does not change.
void go_back(Worker& worker, RawWriter& out, Pen& pen) {
  const std::int64_t key = *pen.last_key() - 1 - static_cast<std::int64_t>(worker.random(1000));
  const Index before = out.inserted();
  pen.give_keys(key, 0);
  pen.intend(1);
  try {
    out.append(pen.make_next(1), stamp_of(worker, key));
    worker.violation("keys went back, and were taken");
  } catch (const KeyDecreases&) {
    if (out.inserted() != before) worker.violation("an append was refused, and inserted");
  }
}

void append_with_keys(Worker& worker, RawWriter& out, Pen& pen) {
  if (pen.last_key() && worker.chance(1)) return go_back(worker, out, pen);
  const std::int64_t key = choose_key(worker, pen);
  const std::optional<Stamp> stamp = stamp_of(worker, key);
  // The items of a stamped append have one key.
  pen.give_keys(key, stamp ? 0 : static_cast<std::int64_t>(worker.random(2000)));
  const std::uint64_t way = worker.random(4);
  const std::uint64_t most = way == 3 ? 3 * out.max_claim() : out.max_claim();
  const std::uint64_t count = way < 2 ? 1 : 1 + worker.random(most);
  pen.intend(count);
  if (way == 2) return fill_and_publish(worker, out, pen, count, stamp);
  out.append(pen.make_next(count), stamp);
  pen.published(out, count);
}

void append_in_bursts(Worker& worker, RawWriter& out, Pen& pen) {
  const int appends = worker.chance(2) ? 300 : 1;
  for (int i = 0; i < appends; ++i) append_with_keys(worker, out, pen);
  if (worker.chance(5)) {
    worker.rest(20ms);
  } else if (worker.chance(70)) {
    worker.rest(500us);
  }
}

}  // namespace

void StampedAppends::append(Worker& worker, RawWriter& out, Pen& pen) { append_in_bursts(worker, out, pen); }
void KeysInItems::append(Worker& worker, RawWriter& out, Pen& pen) { append_in_bursts(worker, out, pen); }

}  // namespace shm::chaos
