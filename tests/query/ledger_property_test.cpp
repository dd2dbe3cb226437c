// SPDX-License-Identifier: Apache-2.0

// Random stamped streams and random queries: the library and a list of all items give the same results, also
// for appends that must be rejected.
#include <gtest/gtest.h>

#include "query/key_questions.hpp"
#include "shm/query/ledger.hpp"
#include "shm/stream/writer.hpp"
#include "shm/time/anchor_builder.hpp"
#include "support/checked_item.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using test::below;
using test::one_in;
using test::Random;

using Line = test::CheckedItem<8>;

enum class Refusal { none, unstamped, decreases, full };

/// A naive ledger, by the description in stamp.hpp: a list of anchors that are never overwritten.
class NaiveLedger {
 public:
  NaiveLedger(double sample_rate, bool fit) : sample_rate_(sample_rate), fit_(fit) {}

  /// A new writer. `kept`: how many anchors its ledger holds; `migrated`: how many it takes over, if the
  /// ledger is new.
  void begin_writer(std::uint64_t kept, std::uint64_t capacity, std::optional<std::uint64_t> migrated) {
    kept_ = kept;
    capacity_ = capacity;
    is_stamped_ = false;
    if (migrated) anchors_.erase(anchors_.begin(), anchors_.end() - static_cast<std::ptrdiff_t>(*migrated));
    if (!fit_) return;
    stamping_.emplace(
        AnchorBuilder::Options{.sample_rate = sample_rate_,
                               .fit = true,
                               .tolerance_ns = tolerance_ns,
                               .min_items_between = 2 * capacity / std::max<std::uint64_t>(1, kept) + 1});
    if (!anchors_.empty()) stamping_->resume(anchors_.back(), keys_.size());
  }

  Refusal append(std::uint64_t count, const std::optional<Stamp>& stamp) {
    if (!stamp && !is_stamped_) return Refusal::unstamped;
    if (stamp) {
      std::optional<AnchorBuilder> tried = stamping_;
      const std::optional<Anchor> anchor = fit_ ? fitted(*tried, count, *stamp) : exact(count, *stamp);
      if (anchor) {
        if (!keys_.empty() && !anchors_.empty() && anchor->key < keys_.back()) return Refusal::decreases;
        if (is_stamped_ && is_full(count)) return Refusal::full;
        anchors_.push_back(*anchor);
      }
      stamping_ = tried;
      is_stamped_ = true;
    }
    for (std::uint64_t i = 0; i < count; ++i) keys_.push_back(on_line(anchors_.back(), keys_.size()));
    return Refusal::none;
  }

  [[nodiscard]] const std::vector<std::int64_t>& keys() const { return keys_; }
  [[nodiscard]] std::uint64_t anchors() const { return anchors_.size(); }
  /// The key of the next item, if it has no stamp.
  [[nodiscard]] std::int64_t next_key() const {
    return anchors_.empty() ? 0 : on_line(anchors_.back(), keys_.size());
  }
  [[nodiscard]] double per_item() const { return sample_rate_ > 0 ? 1e9 / sample_rate_ : 0; }

  static constexpr std::int64_t tolerance_ns = 1'000'000;

 private:
  static std::int64_t on_line(const Anchor& anchor, Index index) {
    return anchor.key +
           static_cast<std::int64_t>(static_cast<double>(index - anchor.index) * anchor.key_per_item);
  }
  std::optional<Anchor> exact(std::uint64_t count, const Stamp& stamp) const {
    const Index first = keys_.size();
    const Index of = stamp.of == Stamp::Of::first_item ? first : first + count - 1;
    const bool begins = stamp.is_after_gap || !is_stamped_;
    if (!begins && on_line(anchors_.back(), of) == stamp.key) return std::nullopt;
    Anchor anchor{.index = first, .key_per_item = per_item()};
    anchor.key = stamp.key - on_line(anchor, of);
    return anchor;
  }
  std::optional<Anchor> fitted(AnchorBuilder& stamping, std::uint64_t count, const Stamp& stamp) const {
    const Index first = keys_.size();
    const Index of = stamp.of == Stamp::Of::first_item ? first : first + count - 1;
    return stamping.stamp(first, of, stamp.key, stamp.is_after_gap, stamp.reason);
  }
  /// Whether a readable item needs the oldest anchor, which would be overwritten.
  [[nodiscard]] bool is_full(std::uint64_t count) const {
    if (anchors_.size() < kept_) return false;
    const Index end = keys_.size() + count;
    return anchors_[anchors_.size() + 1 - kept_].index > end - std::min(end, capacity_);
  }

  double sample_rate_;
  bool fit_;
  std::uint64_t kept_ = 0;
  std::uint64_t capacity_ = 0;
  bool is_stamped_ = false;
  std::vector<Anchor> anchors_;
  std::vector<std::int64_t> keys_;
  std::optional<AnchorBuilder> stamping_;
};

class RandomLedger {
 public:
  RandomLedger(Random& random, double sample_rate, bool fit) : random_(random), naive_(sample_rate, fit) {
    options_.sample_rate = sample_rate;
    options_.ledger = LedgerOptions{.fit = fit, .tolerance_ns = NaiveLedger::tolerance_ns};
    choose_options();
    open(false);
  }

  void go_on() {
    const std::uint64_t what = below(random_, 64);
    if (what < 60) return append();
    if (what == 60) choose_options();
    out_->detach();
    open(what == 60);
  }
  void close() { out_->close(); }

  [[nodiscard]] const NaiveLedger& naive() const { return naive_; }
  [[nodiscard]] bool is_item(const Line& item, Index index) const { return test::is_item(item, index); }
  [[nodiscard]] static double value(Index index) { return static_cast<double>(index); }
  [[nodiscard]] static double number(const Line& item) { return static_cast<double>(item[0]); }
  /// The usual distance of stamps.
  [[nodiscard]] std::int64_t unit() const {
    return std::max<std::int64_t>(1, std::llround(naive_.per_item()));
  }
  [[nodiscard]] std::array<int, 4> refusals() const { return refusals_; }
  [[nodiscard]] std::uint64_t capacity() const { return out_->info().items.capacity; }

 private:
  void choose_options() {
    options_.history = 5 + below(random_, 60);
    is_dense_ = one_in(random_, 3);
    options_.max_claim = 1 + below(random_, 20);
    options_.ledger->anchors = one_in(random_, 2) ? 0 : 10 + below(random_, 40);
    options_.buckets.reset();
    if (one_in(random_, 2)) {
      const auto quantum =
          one_in(random_, 3) ? 1 : static_cast<std::int64_t>(below(random_, 10)) * unit() + 1;
      options_.buckets =
          BucketOptions{.quantum = quantum, .count = one_in(random_, 2) ? 0 : below(random_, 9)};
    }
  }
  void open(bool is_other) {
    out_.emplace("s", options_);
    const StreamInfo info = out_->info();
    std::optional<std::uint64_t> migrated;
    if (is_other) migrated = info.ledger->written;
    naive_.begin_writer(info.ledger->anchors, info.items.capacity, migrated);
  }

  Stamp some_stamp(std::uint64_t count) {
    const bool is_first = one_in(random_, 2);
    std::int64_t key = naive_.next_key();
    if (!is_first) key += std::llround(naive_.per_item() * static_cast<double>(count - 1));
    switch (below(random_, 8)) {
      case 0:
        key += static_cast<std::int64_t>(below(random_, 5000)) * unit();
        break;
      case 1:
        key -= static_cast<std::int64_t>(below(random_, 3)) * unit();
        break;
      case 2:
      case 3:
        key += static_cast<std::int64_t>(below(random_, 4)) * unit();
        break;
      default:
        key += static_cast<std::int64_t>(below(random_, 3));
    }
    const Stamp stamp = is_first ? Stamp::first(key) : Stamp::last(key);
    return one_in(random_, 16) ? stamp.after_gap(static_cast<std::uint8_t>(below(random_, 9))) : stamp;
  }

  void append() {
    const bool is_claimed = one_in(random_, 3);
    const std::uint64_t count =
        is_dense_ || one_in(random_, 3) ? 1 : 1 + below(random_, (is_claimed ? 1 : 3) * options_.max_claim);
    const std::uint64_t items = std::min(count, is_claimed ? options_.max_claim : count);
    std::optional<Stamp> stamp;
    if (is_dense_ || !one_in(random_, 3)) stamp = some_stamp(items);
    std::vector<Line> lines;
    for (std::uint64_t i = 0; i < items; ++i) lines.push_back(test::checked_item<8>(out_->inserted() + i));
    const StreamInfo before = out_->info();
    const Refusal expected = naive_.append(items, stamp);
    const Refusal answer = refusal([&] {
      if (!is_claimed) {
        out_->append(lines, stamp);
        return;
      }
      const std::span<Line> slots = out_->claim(options_.max_claim);
      std::copy(lines.begin(), lines.end(), slots.begin());
      out_->publish(items, stamp);
    });
    ASSERT_EQ(answer, expected);
    ++refusals_.at(static_cast<std::size_t>(answer));
    const StreamInfo after = out_->info();
    ASSERT_EQ(after.items.inserted, naive_.keys().size());
    if (answer == Refusal::none) return;
    ASSERT_EQ(after.items.inserted, before.items.inserted);
    ASSERT_EQ(after.ledger->written, before.ledger->written);
  }

  template <class Append>
  static Refusal refusal(Append append) {
    try {
      append();
      return Refusal::none;
    } catch (const KeyDecreases&) {
      return Refusal::decreases;
    } catch (const LedgerFull&) {
      return Refusal::full;
    } catch (const InvalidArgument&) {
      return Refusal::unstamped;
    }
  }

  Random& random_;
  StreamOptions options_;
  bool is_dense_ = false;  // only single items, each with its stamp
  NaiveLedger naive_;
  std::array<int, 4> refusals_{};
  std::optional<Writer<Line>> out_;
};

using In = Keyed<Reader<Line>, Ledger>;

In reader() { return keyed<Ledger>(Reader<Line>("s", Start::oldest())); }

void ask(In& in, const RandomLedger& stream, Random& random, int count) {
  test::NaiveKeys<std::int64_t> all;
  all.keys = stream.naive().keys();
  all.has_ended = in.reader().writer_state() == WriterState::ended;
  all.look(in.reader(), in.map());
  if (::testing::Test::HasFatalFailure()) return;
  test::KeyQuestions(in, all, stream, random, stream.unit()).ask(count);
}

struct Kind {
  const char* name;
  double sample_rate;
  bool fit;
};

class LedgerProperty : public ::testing::TestWithParam<Kind> {};

TEST_P(LedgerProperty, FindsWhatASearchOfAllItemsEverWrittenFinds) {
  int full = 0;
  for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(test::turns(8)) && !HasFailure(); ++seed) {
    const test::TestDirectory directory;
    Random random(seed);
    RandomLedger stream(random, GetParam().sample_rate, GetParam().fit);
    In stays = reader();
    for (int step = 0; step < 400 && !HasFailure(); ++step) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " step " + std::to_string(step));
      stream.go_on();
      if (stays.reader().writer_state() == WriterState::ended) stays = reader();
      if (!HasFatalFailure()) ask(stays, stream, random, one_in(random, 8) ? 12 : 1);
    }
    const auto [none, unstamped, decreases, is_full] = stream.refusals();
    EXPECT_GT(none, 0);
    EXPECT_GT(unstamped, 0);
    full += is_full;
    EXPECT_GT(stream.naive().keys().size() / stream.capacity(), 0U);
    In last = reader();
    stream.close();
    ask(last, stream, random, 20);
  }
  EXPECT_TRUE(full > 0 || GetParam().fit || test::turns(10) < 10);  // under a sanitizer: one seed
}

INSTANTIATE_TEST_SUITE_P(Streams, LedgerProperty,
                         ::testing::Values(Kind{"events", 0, false}, Kind{"samples", 1000, false},
                                           Kind{"audio", 44100, false},
                                           Kind{"several_a_nanosecond", 3e9, false},
                                           Kind{"fitted", 48000, true}, Kind{"fitted_slow", 7, true}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace shm
