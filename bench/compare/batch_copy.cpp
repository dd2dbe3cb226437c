#include "compare/batch_copy.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "shm/reader.hpp"
#include "shm/writer.hpp"
#include "support/clock.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

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
  const std::uint64_t by_default = 512 * 1024 / shape.item_bytes;
  return shape.batch * 4 > by_default ? shape.batch * 4 : 0;
}

std::string describe(const char* what, const Shape& shape) {
  return std::string(what) + " of " + std::to_string(shape.batch) + " x " + std::to_string(shape.item_bytes) +
         " bytes";
}

/// ns per call of `copy`, which gets the number of the call.
template <class Copy>
double ns_per_copy(std::uint64_t copies, Copy copy) {
  const std::uint64_t start = ticks();
  for (std::uint64_t i = 0; i < copies; ++i) copy(i);
  return ns_between(start, ticks()) / static_cast<double>(copies);
}

/// Alternating stretches of both; the median of each.
template <class Limit, class Ours>
std::pair<double, double> alternate(int chunks, std::uint64_t copies, Limit limit, Ours ours) {
  std::vector<double> limit_ns;
  std::vector<double> ours_ns;
  for (int i = 0; i < chunks; ++i) {
    limit_ns.push_back(ns_per_copy(copies, limit));
    ours_ns.push_back(ns_per_copy(copies, ours));
  }
  return {median_of(std::move(limit_ns)), median_of(std::move(ours_ns))};
}

template <std::size_t Bytes>
void measure(std::uint64_t batch, int chunks, Comparison& append, Comparison& read) {
  StreamOptions options;
  options.history = history_for({Bytes, batch});
  Writer<Item<Bytes>> writer("batch", options);
  Reader<Item<Bytes>> reader("batch", Start::oldest());
  const std::uint64_t capacity = writer.info().capacity;
  const std::size_t bytes = Bytes * batch;
  const std::uint64_t copies = std::max<std::uint64_t>(1, stretch_bytes / bytes);
  SharedPages plain(capacity * Bytes);
  std::vector<Item<Bytes>> items(batch);
  keep(items);

  const std::uint64_t places = capacity / batch;
  const auto [into, appended] = alternate(
      chunks, copies,
      [&](std::uint64_t i) { std::memcpy(plain.data() + i % places * bytes, items.data(), bytes); },
      [&](std::uint64_t) { writer.append(items); });
  append.add(into, appended);

  // Whole batches from a multiple of the batch on: the same places in the ring and in plain memory.
  const Index first = (reader.oldest() + batch - 1) / batch * batch;
  const std::uint64_t readable = (writer.inserted() - first) / batch;
  const auto [out, got] = alternate(
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
  read.add(out, got);
}

}  // namespace

BatchCopy::BatchCopy() {
  for (const Shape& shape : shapes) {
    appends_.push_back({describe("append", shape), "memcpy", 1.15});
    reads_.push_back({describe("read", shape), "memcpy", 1.15});
  }
}

void BatchCopy::take_round(const Effort& effort) {
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    switch (shapes[i].item_bytes) {
      case 8:
        measure<8>(shapes[i].batch, effort.chunks, appends_[i], reads_[i]);
        break;
      case 64:
        measure<64>(shapes[i].batch, effort.chunks, appends_[i], reads_[i]);
        break;
      default:
        measure<256>(shapes[i].batch, effort.chunks, appends_[i], reads_[i]);
    }
  }
}

std::vector<Comparison> BatchCopy::comparisons() const {
  std::vector<Comparison> all = appends_;
  all.insert(all.end(), reads_.begin(), reads_.end());
  return all;
}

}  // namespace shm::bench
