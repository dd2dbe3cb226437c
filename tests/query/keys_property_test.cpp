// SPDX-License-Identifier: Apache-2.0

// Random streams whose items carry their keys, and random queries: the library and a list of all items give
// the same results.
#include <gtest/gtest.h>

#include "query/key_questions.hpp"
#include "query/timed_items.hpp"
#include "shm/query/key_in_item.hpp"
#include "shm/query/stream_keys.hpp"
#include "shm/stream/writer.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using test::below;
using test::NaiveKeys;
using test::one_in;
using test::Random;

/// A number as the maps return it: nanoseconds, the stream's own integers, or the number itself.
template <class K, class Number>
K as_key(Number number) {
  if constexpr (std::is_same_v<K, double>) {
    return static_cast<double>(number);
  } else if constexpr (std::is_floating_point_v<Number>) {
    return std::llround(static_cast<double>(number) * 1e9);
  } else {
    return std::in_range<std::int64_t>(number) ? static_cast<std::int64_t>(number) : INT64_MAX;
  }
}

/// The writer, all items that were appended, and how many appends it should reject.
template <class Kind>
class RandomStream {
 public:
  using Item = typename Kind::Item;
  using Number = typename Kind::Number;

  explicit RandomStream(Random& random) : random_(random) {
    options_.timestamp = Kind::timestamp();
    choose_options();
    newest_ = first_number();
    out_.emplace("s", options_);
  }

  /// A random action of the writer.
  void go_on() {
    const std::uint64_t what = below(random_, 32);
    if (what < 8) return append_one();
    if (what < 18) return append_span(false);
    if (what < 24) return append_span(true);
    if (what < 28) return be_refused();
    if (what < 31) return leave_to_next();
    choose_options();
    leave_to_next();
  }
  void close() { out_->close(); }

  [[nodiscard]] const std::vector<Number>& numbers() const { return numbers_; }
  [[nodiscard]] std::uint64_t capacity() const { return out_->info().items.capacity; }
  [[nodiscard]] double unit() const { return unit_; }

  [[nodiscard]] bool is_item(const Item& item, Index index) const {
    return Kind::key(item) == numbers_.at(index) && Kind::value(item) == static_cast<float>(value(index));
  }
  [[nodiscard]] static double value(Index index) { return static_cast<double>(index * 37 % 1009); }
  [[nodiscard]] static double number(const Item& item) { return Kind::value(item); }

 private:
  void choose_options() {
    options_.history = 5 + below(random_, 60);
    options_.max_claim = 1 + below(random_, sizeof(Item) == 13 ? 200 : 20);
    options_.buckets.reset();
    const std::int64_t unit = std::is_floating_point_v<Number> ? 1'000'000 : 1;  // a millisecond
    switch (below(random_, 5)) {
      case 0:
        options_.buckets = BucketOptions{.quantum = 1 + static_cast<std::int64_t>(below(random_, 4)) * unit};
        break;
      case 1:
        options_.buckets = BucketOptions{.quantum = 3000 * unit};
        break;
      case 2:
        options_.buckets = BucketOptions{.quantum = 2 * unit, .count = 2};
        break;
      default:
        break;
    }
  }

  Number first_number() {
    if constexpr (std::is_same_v<Number, std::int16_t>) return INT16_MIN;
    if constexpr (std::is_same_v<Number, std::uint64_t>) return INT64_MAX - 3000;  // it goes beyond
    if constexpr (std::is_unsigned_v<Number>) return 0;
    return static_cast<Number>(one_in(random_, 4) ? 0 : -1000);
  }
  Number next_number() {
    if (one_in(random_, 3)) return newest_;
    std::uint64_t steps = 1 + below(random_, 4);
    if (one_in(random_, 30)) steps = below(random_, 3000);
    if (one_in(random_, 200)) steps = below(random_, 10'000'000);
    if constexpr (std::is_floating_point_v<Number>) {
      return newest_ + static_cast<Number>(static_cast<double>(steps) * unit_);
    } else {
      const std::uint64_t left = static_cast<std::uint64_t>(std::numeric_limits<Number>::max()) -
                                 static_cast<std::uint64_t>(newest_);
      if constexpr (sizeof(Number) == 2) steps = one_in(random_, 4) ? 1 : 0;
      return static_cast<Number>(static_cast<std::uint64_t>(newest_) + std::min(steps, left));
    }
  }
  Item next_item() {
    newest_ = next_number();
    if constexpr (std::is_floating_point_v<Number>) {
      if (newest_ == 0) newest_ = one_in(random_, 2) ? Number{0} : -Number{0};  // there is one zero
    }
    numbers_.push_back(newest_);
    return item(numbers_.size() - 1);
  }
  Item item(Index index) const { return Kind::make(numbers_[index], static_cast<float>(value(index))); }

  void append_one() { out_->append(next_item()); }
  void append_span(bool is_claimed) {
    const std::uint64_t count = 1 + below(random_, is_claimed ? options_.max_claim : 3 * options_.max_claim);
    std::vector<Item> items;
    for (std::uint64_t i = 0; i < count; ++i) items.push_back(next_item());
    if (!is_claimed) {
      out_->append(std::span<const Item>(items));
      return;
    }
    const std::span<Item> slots = out_->claim(below(random_, options_.max_claim - count + 1) + count);
    std::copy(items.begin(), items.end(), slots.begin());
    out_->publish(count);
  }

  /// Appends some items, one of which has an invalid key.
  void be_refused() {
    const Number before = newest_;
    const std::size_t appended = numbers_.size();
    std::vector<Item> items;
    const std::uint64_t count = 1 + below(random_, options_.max_claim);
    for (std::uint64_t i = 0; i < count; ++i) items.push_back(next_item());
    const std::uint64_t wrong = below(random_, count);
    const Number follows = wrong > 0 ? Kind::key(items[wrong - 1]) : before;
    Number key{};
    bool is_wrong = true;
    if constexpr (std::is_floating_point_v<Number>) {
      constexpr Number infinity = std::numeric_limits<Number>::infinity();
      const std::array<Number, 4> keys{std::numeric_limits<Number>::quiet_NaN(), infinity, -infinity,
                                       std::nextafter(follows, -infinity)};
      const std::size_t which = below(random_, keys.size());
      key = keys[which];
      is_wrong = which < 3 || appended + wrong > 0;
    } else {
      is_wrong = follows != std::numeric_limits<Number>::min() && appended + wrong > 0;
      key = is_wrong ? static_cast<Number>(follows - 1) : follows;
    }
    numbers_.resize(appended);
    newest_ = before;
    if (!is_wrong) return;
    items[wrong] = Kind::make(key, 0);
    const StreamInfo info = out_->info();
    if (one_in(random_, 2)) {
      EXPECT_THROW(out_->append(std::span<const Item>(items)), KeyDecreases);
    } else {
      const std::span<Item> slots = out_->claim(count);
      std::copy(items.begin(), items.end(), slots.begin());
      EXPECT_THROW(out_->publish(count), KeyDecreases);
    }
    EXPECT_THROW(out_->append(items[0], Stamp::first(1)), InvalidArgument);
    EXPECT_EQ(out_->info().items.inserted, info.items.inserted);
    EXPECT_EQ(out_->inserted(), appended);
  }

  void leave_to_next() {
    out_->detach();
    out_.emplace("s", options_);
  }

  Random& random_;
  StreamOptions options_;
  std::vector<Number> numbers_;
  Number newest_{};
  double unit_ = 0.001;  // of floating-point numbers
  std::optional<Writer<Item>> out_;
};

template <class Map, class Kind>
using In = Keyed<Reader<typename Kind::Item>, Map>;

template <class Map, class Kind>
In<Map, Kind> reader() {
  return keyed<Map>(Reader<typename Kind::Item>("s", Start::oldest()));
}

template <class Map, class Kind>
void ask(In<Map, Kind>& in, const RandomStream<Kind>& stream, Random& random, int count) {
  using K = typename Map::Key;
  NaiveKeys<K> all;
  for (const auto number : stream.numbers()) all.keys.push_back(as_key<K>(number));
  all.has_ended = in.reader().writer_state() == WriterState::ended;
  all.look(in.reader(), in.map());
  if (::testing::Test::HasFatalFailure()) return;
  constexpr bool is_in_seconds = std::is_floating_point_v<typename Kind::Number>;
  const K unit = !is_in_seconds ? K{1} : std::is_same_v<K, double> ? static_cast<K>(0.001) : K{1'000'000};
  test::KeyQuestions(in, all, stream, random, unit).ask(count);
}

template <class Kind>
class KeyInItemProperty : public ::testing::Test {
 protected:
  static void run(std::uint64_t seed) {
    const test::TestDirectory directory;
    Random random(seed);
    RandomStream<Kind> stream(random);
    auto stays = reader<KeyInItem<>, Kind>();
    for (int step = 0; step < 300 && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
      stream.go_on();
      const int count = one_in(random, 4) ? 12 : 1;
      if (stays.reader().writer_state() == WriterState::ended) stays = reader<KeyInItem<>, Kind>();
      ask<KeyInItem<>, Kind>(stays, stream, random, count);
      auto comes = reader<KeyInItem<double>, Kind>();
      if (one_in(random, 3)) ask<KeyInItem<double>, Kind>(comes, stream, random, count);
    }
    auto last = reader<StreamKeys, Kind>();
    const std::uint64_t turns = stream.numbers().size() / stream.capacity();
    stream.close();
    ask<StreamKeys, Kind>(last, stream, random, 20);
    EXPECT_GE(turns, 1U);
  }
};

using Kinds =
    ::testing::Types<test::InField, test::InShortField, test::InPackedField, test::AtOddPlace,
                     test::FirstElement<std::int16_t>, test::FirstElement<float>, test::InPair<std::int64_t>,
                     test::InPair<std::uint64_t>, test::InPair<float>, test::InPair<double>>;
TYPED_TEST_SUITE(KeyInItemProperty, Kinds);

TYPED_TEST(KeyInItemProperty, FindsWhatASearchOfAllItemsEverWrittenFinds) {
  for (int seed = 1; seed <= test::turns(5) && !this->HasFailure(); ++seed) {
    this->run(static_cast<std::uint64_t>(seed));
  }
}

}  // namespace
}  // namespace shm
