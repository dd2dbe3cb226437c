// SPDX-License-Identifier: Apache-2.0

// Batches appended and read, beside memcpy of the same bytes into and out of memory of the ring's size. One
// process: the question is the overhead of the library over the copy.
#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "questions/alternate.hpp"
#include "questions/run.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/item.hpp"

namespace shm::bench {
namespace {

struct Shape {
  std::size_t item_bytes;
  std::uint64_t batch;
};
constexpr std::array<Shape, 5> shapes{{{64, 64}, {256, 64}, {8, 4096}, {64, 4096}, {256, 4096}}};
constexpr std::uint64_t stretch_bytes = std::uint64_t{8} << 20;  // copied between two time stamps

/// The default ring, or a larger one that holds four batches.
std::uint64_t history_for(const Shape& shape) {
  const std::uint64_t by_default = (std::uint64_t{512} << 10) / shape.item_bytes;
  return shape.batch * 4 > by_default ? shape.batch * 4 : 0;
}

template <std::size_t Bytes>
Copying measure_batch(std::uint64_t batch, int chunks) {
  StreamOptions options;
  options.history = history_for({Bytes, batch});
  Writer<Item<Bytes>> writer("batch", options);
  Reader<Item<Bytes>> reader("batch", Start::oldest());
  const std::uint64_t capacity = writer.info().items.capacity;
  const std::size_t bytes = Bytes * batch;
  const std::uint64_t copies = std::max<std::uint64_t>(1, stretch_bytes / bytes);
  SharedPages plain(capacity * Bytes);
  std::vector<Item<Bytes>> items(batch);
  keep(items);
  Copying found;

  const std::uint64_t places = capacity / batch;
  std::tie(found.into_ns, found.append_ns) = alternate(
      chunks, copies,
      [&](std::uint64_t i) { std::memcpy(plain.data() + i % places * bytes, items.data(), bytes); },
      [&](std::uint64_t) { writer.append(items); });

  // Whole batches from a multiple of the batch on: the same places in the ring and in plain memory.
  const Index first = (reader.oldest() + batch - 1) / batch * batch;
  const std::uint64_t readable = (writer.inserted() - first) / batch;
  std::tie(found.out_of_ns, found.read_ns) = alternate(
      chunks, copies,
      [&](std::uint64_t i) {
        std::memcpy(items.data(), plain.data() + (first / batch + i % readable) % places * bytes, bytes);
        keep(items);
      },
      [&](std::uint64_t i) {
        if (i % readable == 0) reader.seek(first);
        const ReadResult result = reader.read(items);
        if (result.status != Status::ok || result.count != batch) {
          throw std::runtime_error("batch: " + std::string(to_string(result.status)));
        }
        keep(items);
      });
  return found;
}

Copying measure_shape(const Shape& shape, int chunks) {
  switch (shape.item_bytes) {
    case 8:
      return measure_batch<8>(shape.batch, chunks);
    case 64:
      return measure_batch<64>(shape.batch, chunks);
    default:
      return measure_batch<256>(shape.batch, chunks);
  }
}

bool measure(Run& run, const Case& of, const Shape& shape, const Implementation& ours, int round) {
  const Shared<Copying> found;
  run_together({{run.processors().here,
                 [&] { *found = measure_shape(shape, std::max(3, static_cast<int>(run.lasting(10)))); }}},
               std::chrono::seconds(30));
  const auto add = [&](const char* metric, double our_ns, double limit_ns) {
    const Metric is{.name = metric, .unit = "ns", .limits = {"memcpy"}, .bar = 1.15, .is_compared = false};
    run.results().add(of, is, ours.is.name, {round, {}}, our_ns);
    run.results().add(of, is, "memcpy", {round, {}}, limit_ns);
  };
  add("append", found->append_ns, found->into_ns);
  add("read", found->read_ns, found->out_of_ns);
  return true;
}

}  // namespace

void ask_batches(Run& run) {
  for (const Shape& shape : shapes) {
    const Case of{.question = "batches",
                  .name = std::to_string(shape.batch) + " x " + std::to_string(shape.item_bytes) + " B",
                  .bytes = shape.item_bytes};
    run.interleave(
        of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
        [&](const Implementation& one, int round) { return measure(run, of, shape, one, round); });
  }
}

}  // namespace shm::bench
