// SPDX-License-Identifier: Apache-2.0
#include "append_roles.hpp"

#include <stdexcept>

#include "pen.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

template <std::size_t Bytes>
void one(RawWriter& out, Pen& pen) {
  pen.intend(1);
  out.append_one<Bytes>(pen.make_next(1).data());
  pen.published(out, 1);
}

void append_one(RawWriter& out, Pen& pen) {
  switch (out.item_bytes()) {
    case 8:
      return one<8>(out, pen);
    case 48:
      return one<48>(out, pen);
    case 64:
      return one<64>(out, pen);
    case 256:
      return one<256>(out, pen);
    case 1000:
      return one<1000>(out, pen);
    case 4096:
      return one<4096>(out, pen);
    default:
      throw std::logic_error("no append of one item of this size");
  }
}

void append_batch(Worker& worker, RawWriter& out, Pen& pen) {
  const std::uint64_t count = worker.random(3 * out.max_claim() + 2);
  pen.intend(count);
  out.append(pen.make_next(count));
  pen.published(out, count);
}

void append_in_place(Worker& worker, RawWriter& out, Pen& pen) {
  const std::uint64_t count = 1 + worker.random(out.max_claim());
  pen.intend(count);
  if (worker.chance(20)) static_cast<void>(out.claim(worker.random(count + 1)));  // never published
  const std::span<std::byte> slots = out.claim(count);
  const std::uint64_t bytes = out.item_bytes();
  const Index first = out.inserted();
  for (std::uint64_t i = 0; i < count; ++i) {
    std::vector<std::byte> item(bytes);
    pen.make(first + i, item);
    ring::store_items(slots.data() + i * bytes, item.data(), bytes, bytes);
  }
  const std::uint64_t published = worker.chance(80) ? count : worker.random(count + 1);
  out.publish(published);
  pen.published(out, published);
}

/// Rests: mostly at the pace of a device, sometimes not at all.
void keep_pace(Worker& worker) {
  if (worker.kind().timed) {
    worker.rest(4ms);
  } else if (worker.chance(10)) {
    worker.rest(10ms);
  } else if (worker.chance(60)) {
    worker.rest(500us);
  }
}

}  // namespace

void AppendOne::append(Worker& worker, RawWriter& out, Pen& pen) {
  // Sometimes append many without a rest, while readers read the newest item, which is then overwritten soonest.
  const std::uint64_t items = !worker.kind().timed && worker.chance(3) ? 2000 : 1;
  for (std::uint64_t i = 0; i < items; ++i) append_one(out, pen);
  keep_pace(worker);
}

void Batches::append(Worker& worker, RawWriter& out, Pen& pen) {
  append_batch(worker, out, pen);
  keep_pace(worker);
}

void Claims::append(Worker& worker, RawWriter& out, Pen& pen) {
  append_in_place(worker, out, pen);
  keep_pace(worker);
}

void Mixed::append(Worker& worker, RawWriter& out, Pen& pen) {
  switch (worker.random(3)) {
    case 0:
      append_one(out, pen);
      break;
    case 1:
      append_batch(worker, out, pen);
      break;
    default:
      append_in_place(worker, out, pen);
  }
  keep_pace(worker);
}

}  // namespace shm::chaos
