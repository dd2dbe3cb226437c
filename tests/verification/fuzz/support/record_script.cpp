// SPDX-License-Identifier: Apache-2.0
#include "verification/fuzz/support/record_script.hpp"

#include <optional>
#include <vector>

#include "shm/base/error.hpp"
#include "shm/stream/record_reader.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/target.hpp"

namespace shm::fuzz {
namespace {

// Limit of the bytes that a target copies. A record may be a hole of terabytes, and each entry may point to all of
// it.
constexpr std::uint64_t most_copied = std::uint64_t{1} << 20;

/// Reads both ends of the bytes.
void look_at(const RecordReader& reader, const RecordView& record) {
  const std::span<const std::byte> bytes = record.bytes();
  SHM_FUZZ_CHECK(bytes.size() <= reader.max_record_bytes());
  constexpr std::size_t most = 65536;
  unsigned sum = 0;
  const std::size_t end = bytes.size();
  for (std::size_t i = 0; i < std::min(end, most); ++i) sum += static_cast<unsigned>(bytes[i]);
  for (std::size_t i = end - std::min(end, most); i < end; ++i) sum += static_cast<unsigned>(bytes[i]);
  [[maybe_unused]] static volatile unsigned kept;
  kept = sum;
  static_cast<void>(record.text());
  static_cast<void>(record.intact());
  if (end > most_copied) return;
  std::vector<std::byte> copied(end);
  static_cast<void>(record.copy_to(copied.data()));
}

Slice some_slice(const RecordReader& reader, Input& input) {
  Slice slice;
  const std::uint8_t open = input.byte();
  const auto position = [&] { return static_cast<std::int64_t>(input.awkward(reader.inserted())); };
  if ((open & 1U) != 0) slice.start = position();
  if ((open & 2U) != 0) slice.stop = position();
  if ((open & 4U) != 0) slice.step = static_cast<std::int64_t>(input.awkward(2));
  return slice;
}

/// Returns whether copies of all readable records together are small.
bool is_small(const RecordReader& reader) {
  const std::uint64_t records = std::max<std::uint64_t>(1, reader.readable().size());
  return reader.max_record_bytes() <= most_copied * 16 / records;
}

void read_some(RecordReader& reader, Input& input, const Meanwhile& meanwhile) {
  switch (input.below(9)) {
    case 0: {
      const Next<RecordView> next = reader.try_next();
      meanwhile();
      if (next) look_at(reader, *next);
      return;
    }
    case 1: {
      const Next<RecordView> next = reader.peek(soon(input));
      meanwhile();
      if (next) look_at(reader, *next);
      return;
    }
    case 2: {
      Record record;
      const Index before = reader.cursor();
      if (reader.max_record_bytes() > most_copied || reader.try_read(record) != Status::ok) return;
      return SHM_FUZZ_CHECK(record.index == before && reader.cursor() == before + 1);
    }
    case 3: {
      const RecordView record =
          reader.view(static_cast<std::int64_t>(input.awkward(reader.inserted())), soon(input));
      meanwhile();
      look_at(reader, record);
      return record.check();
    }
    case 4: {
      const RecordViews views = reader.view(some_slice(reader, input), soon(input));
      SHM_FUZZ_CHECK(views.size() <= reader.info().items.capacity);
      meanwhile();
      std::size_t left = 64;
      for (const RecordView& record : views) {
        look_at(reader, record);
        if (--left == 0) break;
      }
      return static_cast<void>(views.intact());
    }
    case 5:
      if (!is_small(reader)) return;
      return static_cast<void>(reader[some_slice(reader, input)]);
    case 6:
      return reader.seek(input.flag() ? Start::oldest() : Start::at(input.awkward(reader.inserted())));
    case 7:
      return reader.acknowledge(input.awkward(reader.inserted()));
    default: {
      // Read the entries as items, through the same reader: the reader of records has its own view of the cursor.
      RecordReader other = reader.fork();
      return read_something(other.raw(), input, meanwhile);
    }
  }
}

}  // namespace

void read_records(Input& input, const Meanwhile& meanwhile) {
  ReaderOptions options;
  const std::uint8_t how = input.byte();
  options.loss_is_error = (how & 1U) != 0;
  options.waiting = (how & 2U) != 0 ? WaitStrategy::sleep() : WaitStrategy{};
  std::optional<RecordReader> reader;
  attempt([&] { reader.emplace(stream_name, Start::oldest(), options); });
  if (!reader) return;
  for (std::size_t calls = input.below(32); calls > 0 && !input.empty(); --calls) {
    meanwhile();
    attempt([&] { read_some(*reader, input, meanwhile); });
  }
}

void append_record(RecordWriter& out, const StreamOptions& options, Input& input) {
  const std::uint64_t most = std::min(out.max_record_bytes(), most_copied);
  const std::uint64_t bytes = std::min<std::uint64_t>(input.awkward(most), most);
  const bool has_key = options.ledger || options.timestamp.kind != Timestamp::Kind::none;
  std::optional<Stamp> stamp;
  if (has_key != (input.byte() == 255)) stamp = Stamp::first(static_cast<std::int64_t>(input.awkward(8'000)));
  attempt([&] {
    if (input.flag()) {
      out.append(std::vector<std::byte>(bytes, std::byte{7}), stamp);
      return;
    }
    const std::span<std::byte> room = out.claim(bytes);
    std::fill(room.begin(), room.end(), std::byte{8});
    out.publish(bytes - std::min<std::uint64_t>(bytes, input.byte()), stamp);
  });
}

}  // namespace shm::fuzz
