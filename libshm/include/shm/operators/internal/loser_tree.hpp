// SPDX-License-Identifier: Apache-2.0

// Which of several streams comes first: a tree of losers, as tournaments are played. Who won is replaced by
// its successor, which plays again on its way up, against those that lost there: one comparison a level.
//
// A comparison is of two numbers of 128 bits, and what follows is a choice of values: nothing to mispredict
// where streams take turns at random. Pure arithmetic, no streams: shm/operators/merge.hpp has those.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

namespace shm::merging {

/// Keys as numbers without a sign, in the same order. REQUIRES: it is a number (not NaN).
template <class K>
[[nodiscard]] std::uint64_t rank_of(K key) noexcept {
  static_assert(
      std::is_same_v<K, std::int64_t> || std::is_same_v<K, std::uint64_t> || std::is_same_v<K, double>,
      "streams are merged by keys of std::int64_t, std::uint64_t or double; shm::Composed makes "
      "one of another");
  constexpr std::uint64_t sign = std::uint64_t{1} << 63;
  if constexpr (std::is_same_v<K, std::uint64_t>) {
    return key;
  } else if constexpr (std::is_same_v<K, std::int64_t>) {
    return static_cast<std::uint64_t>(key) ^ sign;
  } else {
    const auto bits = std::bit_cast<std::uint64_t>(key + 0.0);  // -0 and 0 are equal
    return bits ^ ((bits & sign) != 0 ? ~std::uint64_t{0} : sign);
  }
}

/// What a stream has to put forward. Of equal ranks the stream that was added first is first; and before or
/// behind all ranks, whatever they are, there is room.
struct Entry {
  static constexpr std::uint64_t in_order = std::uint64_t{1} << 32;
  static constexpr std::uint64_t behind_all = std::uint64_t{2} << 32;

  std::uint64_t rank = 0;
  std::uint64_t order = 0;  ///< the stream; and above it, whether it is in order

  [[nodiscard]] static Entry of(std::size_t stream, std::uint64_t rank) noexcept {
    return {rank, in_order | stream};
  }
  /// Comes before everything that is in order: too late to be in order itself.
  [[nodiscard]] static Entry late(std::size_t stream) noexcept { return {0, stream}; }
  /// Holds nothing back.
  [[nodiscard]] static Entry out(std::size_t stream) noexcept { return {UINT64_MAX, behind_all | stream}; }

  [[nodiscard]] std::size_t stream() const noexcept { return order & 0xffffffffU; }
  [[nodiscard]] bool is_late() const noexcept { return order < in_order; }
  [[nodiscard]] bool is_out() const noexcept { return order >= behind_all; }
};

[[nodiscard]] inline bool before(const Entry& a, const Entry& b) noexcept {
  __extension__ using Wide = unsigned __int128;
  return ((static_cast<Wide>(a.rank) << 64) | a.order) < ((static_cast<Wide>(b.rank) << 64) | b.order);
}

class Tournament {
 public:
  /// Everybody plays: entry i is of stream i.
  void build(std::span<const Entry> entries) {
    leaves_ = std::bit_ceil(entries.size());
    ranks_.resize(leaves_);
    orders_.resize(leaves_);
    winners_.assign(2 * leaves_, Entry::out(0));
    for (std::size_t i = 0; i < entries.size(); ++i) winners_[leaves_ + i] = entries[i];
    for (std::size_t node = leaves_ - 1; node > 0; --node) {
      const Entry& left = winners_[2 * node];
      const Entry& right = winners_[2 * node + 1];
      const bool is_left = before(left, right);
      winners_[node] = is_left ? left : right;
      put(node, is_left ? right : left);
    }
    put(0, winners_[1]);
  }

  [[nodiscard]] Entry winner() const noexcept { return at(0); }

  /// The winner's stream has something else to put forward.
  void replay(Entry entry) noexcept {
    std::uint64_t* const ranks = ranks_.data();
    std::uint64_t* const orders = orders_.data();
    for (std::size_t node = (leaves_ + entry.stream()) / 2; node != 0; node /= 2) {
      const Entry other{ranks[node], orders[node]};
      // A choice that compilers make a branch of is written as arithmetic.
      const std::uint64_t changes = std::uint64_t{0} - static_cast<std::uint64_t>(before(other, entry));
      const std::uint64_t rank = (other.rank ^ entry.rank) & changes;
      const std::uint64_t order = (other.order ^ entry.order) & changes;
      ranks[node] = other.rank ^ rank;
      orders[node] = other.order ^ order;
      entry.rank ^= rank;
      entry.order ^= order;
    }
    ranks[0] = entry.rank;
    orders[0] = entry.order;
  }

  /// Who would win without the winner.
  [[nodiscard]] Entry runner_up() const noexcept {
    Entry best = Entry::out(0);
    for (std::size_t node = (leaves_ + winner().stream()) / 2; node != 0; node /= 2) {
      if (before(at(node), best)) best = at(node);
    }
    return best;
  }

 private:
  [[nodiscard]] Entry at(std::size_t node) const noexcept { return {ranks_[node], orders_[node]}; }
  void put(std::size_t node, Entry entry) noexcept { ranks_[node] = entry.rank, orders_[node] = entry.order; }

  std::size_t leaves_ = 1;  // a power of two, so that all ways up are of one length
  // The winner, then the losers of the nodes from the root down. Ranks and orders apart: together they would
  // be stored by halves and loaded as one, which processors are slow at.
  std::vector<std::uint64_t> ranks_{Entry::out(0).rank};
  std::vector<std::uint64_t> orders_{Entry::out(0).order};
  std::vector<Entry> winners_;  // while they are played
};

}  // namespace shm::merging
