// SPDX-License-Identifier: Apache-2.0
#include "verification/fuzz/support/reader_script.hpp"

#include <chrono>
#include <vector>

#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"
#include "verification/fuzz/support/key_script.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/target.hpp"

namespace shm::fuzz {
namespace {

// Limit of a target's own allocations. A stream may have larger items: the target reads those in place.
constexpr std::uint64_t most_bytes = std::uint64_t{1} << 20;

Index some_index(const RawReader& reader, Input& input) { return input.awkward(reader.inserted()); }

std::int64_t some_position(const RawReader& reader, Input& input) {
  return static_cast<std::int64_t>(some_index(reader, input));
}

Slice some_slice(const RawReader& reader, Input& input) {
  Slice slice;
  const std::uint8_t open = input.byte();
  if ((open & 1U) != 0) slice.start = some_position(reader, input);
  if ((open & 2U) != 0) slice.stop = some_position(reader, input);
  if ((open & 4U) != 0) slice.step = static_cast<std::int64_t>(input.awkward(2));
  return slice;
}

/// Returns room for as many items as the input gives; empty if items are larger than a target's limit.
std::vector<std::byte> some_room(const RawReader& reader, Input& input) {
  const std::uint64_t most = most_bytes / reader.item_bytes();
  const std::uint64_t items = std::min<std::uint64_t>(
      most, input.byte() % 8 == 0 ? input.number<std::uint16_t>() : input.byte() % 16);
  return std::vector<std::byte>(items * reader.item_bytes() + (input.byte() == 255 ? 1 : 0));
}

std::vector<std::byte> room_for_one(const RawReader& reader) {
  return std::vector<std::byte>(reader.item_bytes() <= most_bytes ? reader.item_bytes() : 1);
}

/// Reads the bytes of a view: all of them, or both ends if the view is large.
void look_at(const RawReader& reader, const RawView& view) {
  const std::span<const std::byte> bytes = view.bytes();
  SHM_FUZZ_CHECK(bytes.size() / reader.item_bytes() <= reader.info().items.capacity);
  unsigned sum = 0;
  const std::size_t end = bytes.size();
  const std::size_t most = 65536;
  for (std::size_t i = 0; i < std::min(end, most); ++i) sum += static_cast<unsigned>(bytes[i]);
  for (std::size_t i = end - std::min(end, most); i < end; ++i) sum += static_cast<unsigned>(bytes[i]);
  if (!view.empty()) sum += static_cast<unsigned>(*view.at(view.size() - 1));
  [[maybe_unused]] static volatile unsigned kept;
  kept = sum;
  static_cast<void>(view.intact());
}

void slice_something(RawReader& reader, Input& input, const Meanwhile& meanwhile) {
  const Slice slice = some_slice(reader, input);
  const Deadline wait = soon(input);
  switch (input.below(4)) {
    case 0: {
      const RawView view = reader.view(slice, wait);
      meanwhile();
      look_at(reader, view);
      meanwhile();
      return view.check();
    }
    case 1: {
      std::vector<std::byte> room = some_room(reader, input);
      const std::uint64_t count = reader.slice_into(room, slice, wait);
      return SHM_FUZZ_CHECK(count * reader.item_bytes() <= room.size());
    }
    default: {
      // As RawReader::slice(), but with a limit: it allocates all items of the slice, which may be a hole of
      // terabytes.
      std::vector<std::byte> copied;
      static_cast<void>(reader.copy_slice(slice, wait, [&](std::uint64_t count) {
        SHM_FUZZ_CHECK(count <= reader.info().items.capacity);
        meanwhile();
        if (count > most_bytes / reader.item_bytes()) throw InvalidArgument("more than this target holds");
        copied.resize(count * reader.item_bytes());
        return copied.data();
      }));
    }
  }
}

void move_somewhere(RawReader& reader, Input& input) {
  switch (input.below(4)) {
    case 0:
      return reader.seek(Start::oldest());
    case 1:
      return reader.seek(Start::newest());
    case 2:
      return reader.seek(Start::next());
    default:
      return reader.seek(some_index(reader, input));
  }
}

void acknowledge_something(RawReader& reader, Input& input) {
  static_cast<void>(reader.acknowledged());
  reader.acknowledge(input.flag() ? reader.cursor() : some_index(reader, input));
}

void look_around(RawReader& reader) {
  static_cast<void>(reader.readable());
  static_cast<void>(reader.oldest());
  static_cast<void>(reader.writer_state());
  static_cast<void>(reader.is_listed());
  static_cast<void>(reader.source_is_started());
  const StreamInfo info = reader.info();
  SHM_FUZZ_CHECK(info.items.inserted - info.items.oldest <= info.items.capacity);
  SHM_FUZZ_CHECK(info.items.history <= info.items.capacity);
}

}  // namespace

void attempt(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error&) {
  }
}

Deadline soon(Input& input) {
  return input.byte() % 32 == 31 ? Deadline(std::chrono::microseconds(100)) : Deadline::now();
}

std::optional<RawReader> attach(Input& input) {
  ReaderOptions options;
  options.name = "fuzz";
  const std::uint8_t how = input.byte();
  options.loss_is_error = (how & 1U) != 0;
  options.writer_loss_is_error = (how & 2U) != 0;
  options.waiting = (how & 4U) != 0 ? WaitStrategy::sleep() : WaitStrategy{};
  options.waiting.spin_for = std::chrono::microseconds((how & 8U) != 0 ? 1 : 0);
  const std::array starts{Start::oldest(), Start::newest(), Start::next(), Start::at(input.awkward(2000))};
  const Start start = input.one_of(starts);
  std::optional<RawReader> reader;
  if ((how & 16U) != 0) {
    options.lossless = (how & 32U) != 0 ? Acknowledge::with_read : Acknowledge::explicitly;
    attempt([&] {
      static_cast<void>(stream_readers(stream_name));  // without a control file, it would wait for one
      reader.emplace(stream_name, start, options);
    });
    options.lossless.reset();
  }
  if (!reader) attempt([&] { reader.emplace(stream_name, start, options); });
  return reader;
}

void read_something(RawReader& reader, Input& input, const Meanwhile& meanwhile) {
  attempt([&] {
    const Index before = reader.cursor();
    if (has_keys(reader) && input.flag()) return look_up_something(reader, input);
    if (reader.is_lossless() && input.flag()) return acknowledge_something(reader, input);
    switch (input.below(14)) {
      case 0:
        return move_somewhere(reader, input);
      case 1:
        return look_around(reader);
      case 2: {
        std::vector<std::byte> item = room_for_one(reader);
        const Status status = reader.try_next(item);
        return SHM_FUZZ_CHECK(status != Status::ok || reader.cursor() == before + 1);
      }
      case 3: {
        std::vector<std::byte> item = room_for_one(reader);
        return static_cast<void>(reader.next(item, soon(input)));
      }
      case 4: {
        std::vector<std::byte> item = room_for_one(reader);
        return static_cast<void>(reader.peek(item, soon(input)));
      }
      case 5: {
        std::vector<std::byte> room = some_room(reader, input);
        const Amount amount = input.flag() ? Amount::exactly : Amount::available;
        const ReadResult result = reader.read(room, amount, soon(input));
        SHM_FUZZ_CHECK(result.count <= room.size() / reader.item_bytes());
        return SHM_FUZZ_CHECK(result.status == Status::lost || reader.cursor() == before + result.count);
      }
      case 6: {
        const RawView view = reader.peek_view(input.awkward(reader.history()));
        meanwhile();
        look_at(reader, view);
        meanwhile();
        return static_cast<void>(reader.skip(view.size()));
      }
      case 7:
        return static_cast<void>(reader.skip(input.awkward(1)));
      case 8:
        return static_cast<void>(reader.wait_for(some_index(reader, input), soon(input)));
      case 9:
      case 10:
        return slice_something(reader, input, meanwhile);
      case 11: {
        std::vector<std::byte> item = room_for_one(reader);
        return reader.item(some_position(reader, input), item, soon(input));
      }
      case 12:
        // If a live writer does not react, then exit() waits for a second: too long for a target.
        if (reader.is_entered() && reader.writer_state() != WriterState::live) return reader.exit();
        return reader.enter(soon(input));
      default: {
        RawReader other = reader.fork();
        SHM_FUZZ_CHECK(other.cursor() == before);
        meanwhile();
        look_around(other);
        if (input.flag()) reader = std::move(other);
      }
    }
  });
}

}  // namespace shm::fuzz
