// SPDX-License-Identifier: Apache-2.0

// Fuzz target: the control file, which readers may write, changes under a live writer and its Demand. At worst a
// reader is woken needlessly, a source is started, nonsense is listed, or the writer of a lossless stream is held
// back for a slot whose lock a reader holds. The items and their counts stay as the writer wrote them.
#include <chrono>
#include <numeric>
#include <thread>
#include <vector>

#include "shm/layout/control_layout.hpp"
#include "shm/query/ledger.hpp"
#include "shm/source/demand.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/raw_writer.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/shared_file.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

struct Producer {
  RawWriter& out;
  Demand& demand;
  std::uint64_t next;  // item i has the value i
  bool is_stamped;     // and its key is i, too

  [[nodiscard]] std::optional<Stamp> stamp() const {
    return is_stamped ? std::optional(Stamp::first(static_cast<std::int64_t>(next))) : std::nullopt;
  }
};

/// Returns false if the items were dropped.
bool append(Producer& producer, std::uint64_t items) {
  std::vector<std::uint64_t> numbers(items);
  std::iota(numbers.begin(), numbers.end(), producer.next);
  if (!producer.out.append(std::as_bytes(std::span(numbers)), producer.stamp())) return false;
  producer.next += items;
  return true;
}

void produce_something(Producer& producer, Input& input) {
  attempt([&] {
    switch (input.below(8)) {
      case 0:
        return static_cast<void>(append(producer, input.below(16)));
      case 1: {
        const std::span<std::byte> slot = producer.out.claim(1);
        if (slot.empty()) return;  // dropped
        std::memcpy(slot.data(), &producer.next, sizeof producer.next);
        producer.out.publish(1, producer.stamp());
        ++producer.next;
        return;
      }
      case 2:
        return static_cast<void>(producer.demand.wanted());
      case 3:
        return static_cast<void>(producer.demand.wait(soon(input)));
      case 4:
        return producer.demand.started();
      case 5:
        return producer.demand.stopped();
      case 6:
        return producer.demand.failed(input.text());
      default:
        for (const ReaderInfo& reader : producer.out.readers()) {
          SHM_FUZZ_CHECK(reader.name.size() < 64 && reader.program.size() < 64);
        }
        evict_readers(stream_name, [&](const ReaderInfo&) { return input.flag(); });
    }
  });
}

/// Checks that all readable items are as they were written.
void check_items(RawReader& reader, std::uint64_t next) {
  SHM_FUZZ_CHECK(reader.inserted() == next);
  const std::vector<std::byte> items =
      reader.slice({-static_cast<std::int64_t>(reader.readable().size()), {}});
  std::uint64_t index = next - items.size() / sizeof index;
  for (std::size_t at = 0; at < items.size(); at += sizeof index, ++index) {
    std::uint64_t item = 0;
    std::memcpy(&item, items.data() + at, sizeof item);
    SHM_FUZZ_CHECK(item == index);
  }
}

/// Checks the key of each item.
void check_keys(const RawReader& reader) {
  const Ledger map(reader);
  for (Index i = reader.readable().begin; i < reader.inserted(); ++i) {
    const auto key = static_cast<std::int64_t>(i);
    SHM_FUZZ_CHECK(map.key(i) == key && map.lower(key, reader.readable()) == i);
  }
}

/// If no reader is left, then the control file holds the writer back until it looks at the readers' locks, and no
/// longer.
void check_nobody_holds_back(Producer& producer) {
  const auto enough = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (const Index end = producer.next + producer.out.info().items.capacity; producer.next < end;) {
    bool taken = false;
    attempt([&] { taken = append(producer, 1); });
    if (taken) continue;
    SHM_FUZZ_CHECK(std::chrono::steady_clock::now() < enough);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace

SHM_FUZZ_TARGET(under_writer) {
  static_cast<void>(directory());
  {
    StreamOptions options{.history = 32, .has_source = true, .prefault = false};
    const std::uint8_t kind = input.byte();
    const bool is_stamped = (kind & 1U) != 0;
    if ((kind & 6U) == 6) {
      options.lossless = LosslessOptions{.when_full = (kind & 8U) != 0    ? WhenFull::wait
                                                      : (kind & 16U) != 0 ? WhenFull::fail
                                                                          : WhenFull::drop,
                                         .patience = std::chrono::microseconds(100)};
    }
    if (is_stamped) {
      options.sample_rate = 1e9;
      options.ledger = LedgerOptions{};
      options.buckets = BucketOptions{.quantum = 4};
    }
    RawWriter out(stream_name, "<Q", options);
    const SharedFile control(directory() / (std::string(stream_name) + ".control"));
    std::optional<RawReader> checker(std::in_place, stream_name, Start::oldest());
    std::optional<RawReader> reader = attach(input);
    const Demand::Policy policy{.always = input.flag(), .linger = std::chrono::milliseconds(input.below(2))};
    Demand demand(out, policy);
    Producer producer{out, demand, 0, is_stamped};
    for (int calls = 0; calls < 64 && !input.empty(); ++calls) {
      if (input.byte() % 4 != 0) damage_control(control.bytes(), control.size(), input);
      produce_something(producer, input);
      if (reader) read_something(*reader, input, [&] { append(producer, 1); });
    }
    check_items(*checker, producer.next);
    if (is_stamped) check_keys(*checker);
    if (options.lossless) {
      reader.reset();
      checker.reset();
      check_nobody_holds_back(producer);
    }
  }
  clear_directory();
}
