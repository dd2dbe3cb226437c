// SPDX-License-Identifier: Apache-2.0
#include "verification/fuzz/support/key_script.hpp"

#include <vector>

#include "shm/query/key_in_item.hpp"
#include "shm/query/key_range.hpp"
#include "shm/query/ledger.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/target.hpp"

namespace shm::fuzz {
namespace {

constexpr std::uint64_t most_items = 65536;  // limit of the items that a target copies

template <class Key>
Key some_key(Input& input) {
  const std::uint64_t bits = input.awkward(7'000);
  if constexpr (std::is_same_v<Key, double>) {
    return input.flag() ? std::bit_cast<double>(bits) : static_cast<double>(static_cast<std::int64_t>(bits));
  } else {
    return static_cast<Key>(bits);
  }
}

IndexRange some_range(const RawReader& reader, Input& input) {
  const IndexRange there = reader.readable();
  switch (input.below(4)) {
    case 0:
      return {input.awkward(there.begin), input.awkward(there.end)};
    case 1:
      return {there.begin + there.size() / 2, there.end};
    default:
      return there;
  }
}

RangeOptions some_options(Input& input) {
  const std::uint8_t how = input.byte();
  RangeOptions options;
  if ((how & 1U) != 0) options.begin = Bound::exclusive;
  if ((how & 2U) != 0) options.end = Bound::inclusive;
  options.round_down = (how & 4U) != 0;
  options.require_end = (how & 8U) != 0;
  options.newer_than_cursor = (how & 16U) != 0;
  options.take_what_is_left = (how & 32U) != 0;
  options.wait = soon(input);
  return options;
}

void ask_for_more(const Ledger& map, const RawReader& reader, Input& input) {
  const Index index = input.awkward(reader.inserted());
  static_cast<void>(map.line(index));
  static_cast<void>(map.rate(index));
  static_cast<void>(map.uncertainty(index));
  const auto begin = some_key<std::int64_t>(input);
  const auto end = some_key<std::int64_t>(input);
  for (const KeyGap& gap : map.gaps(begin, end, some_range(reader, input))) {
    SHM_FUZZ_CHECK(gap.begin < gap.end);
    SHM_FUZZ_CHECK(gap.begin < end && gap.end > begin);
  }
}
template <class K>
void ask_for_more(const KeyInItem<K>& map, const RawReader& /*reader*/, Input& /*input*/) {
  static_cast<void>(map.has_buckets());
}

/// Does any of the look-ups, on any map.
template <class Map>
void ask(const Map& map, RawReader& reader, Input& input) {
  using Key = typename Map::Key;
  switch (input.below(6)) {
    case 0: {
      const IndexRange within = some_range(reader, input);
      const Index found = map.lower(some_key<Key>(input), within);
      return SHM_FUZZ_CHECK(found >= within.begin && found <= std::max(within.begin, within.end));
    }
    case 1:
      return static_cast<void>(map.key(input.awkward(reader.inserted())));
    case 2: {
      std::vector<Key> keys(input.byte());
      return static_cast<void>(map.copy_keys(input.awkward(reader.inserted()), keys));
    }
    case 3:
      return ask_for_more(map, reader, input);
    default: {
      const auto begin = some_key<Key>(input);
      const auto end = some_key<Key>(input);
      const KeyRange found = find_range(reader, map, begin, end, some_options(input));
      SHM_FUZZ_CHECK(found.items.begin <= found.items.end);
      SHM_FUZZ_CHECK(found.items.size() <= reader.info().items.capacity);
    }
  }
}

/// Uses the typed interface, if the stream's items are T: copies and views.
template <class T, class Map>
void ask_typed(Input& input) {
  Reader<T> reader(stream_name, Start::oldest());
  const Map map(reader.raw());
  Keyed in(std::move(reader), map);
  const auto begin = some_key<typename Map::Key>(input);
  const auto end = some_key<typename Map::Key>(input);
  const RangeOptions options = some_options(input);
  const KeyRange found = in.find(begin, end, options);
  if (found.items.size() > most_items) return;
  SHM_FUZZ_CHECK(in.range(begin, end, options).size() <= in.reader().raw().info().items.capacity);
  const View<T> view = in.range_view(begin, end, options);
  SHM_FUZZ_CHECK(view.size() <= in.reader().raw().info().items.capacity);
  static_cast<void>(view.intact());
  static_cast<void>(in.at_or_before(begin));
}

}  // namespace

bool has_keys(const RawReader& reader) {
  const StreamInfo info = reader.info();
  return info.ledger || info.timestamp.kind != Timestamp::Kind::none;
}

void look_up_something(RawReader& reader, Input& input) {
  const bool is_stamped = reader.info().ledger.has_value();
  const bool is_typed = input.byte() % 8 == 0;
  if (is_stamped) {
    return is_typed ? ask_typed<std::uint64_t, Ledger>(input) : ask(Ledger(reader), reader, input);
  }
  if (is_typed) return ask_typed<TimeAndValue<double>, KeyInItem<>>(input);
  return input.flag() ? ask(KeyInItem<>(reader), reader, input)
                      : ask(KeyInItem<double>(reader), reader, input);
}

}  // namespace shm::fuzz
