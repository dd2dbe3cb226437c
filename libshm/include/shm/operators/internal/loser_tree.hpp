// SPDX-License-Identifier: Apache-2.0

// The order of many inputs of a merge: a loser tree (Knuth, The Art of Computer Programming, vol. 3, 5.4.1).
// Each inner node holds the loser of the comparison that was made there, and the root the winner. When the
// winner is replaced by its successor, the successor is compared on its way up with the losers on it: one
// comparison a level.
//
// A comparison is of two numbers of 128 bits, and its outcome selects values instead of branches: there is
// nothing to mispredict, also where inputs take turns at random. Pure arithmetic on entries: the streams are
// in shm/operators/merge.hpp. Internal to the library. One thread at a time; build() throws std::bad_alloc.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shm::internal {

/// What the loser tree orders: the rank of a stream's next item, then the stream. Of equal ranks the stream
/// that was added first comes first. An entry can also be before all ranks (late), or behind all of them
/// (out).
struct MergeEntry {
  static constexpr std::uint64_t in_order = std::uint64_t{1} << 32;
  static constexpr std::uint64_t behind_all = std::uint64_t{2} << 32;

  std::uint64_t rank = 0;
  std::uint64_t order = 0;  ///< low half: the stream; high half: late, in order, or out

  [[nodiscard]] static MergeEntry of(std::size_t stream, std::uint64_t rank) noexcept {
    return {rank, in_order | stream};
  }
  /// Before all entries that are in order: the item is too late to be in order itself.
  [[nodiscard]] static MergeEntry late(std::size_t stream) noexcept { return {0, stream}; }
  /// Behind all entries that are in order: the stream holds no other back.
  [[nodiscard]] static MergeEntry out(std::size_t stream) noexcept {
    return {UINT64_MAX, behind_all | stream};
  }

  [[nodiscard]] std::size_t stream() const noexcept { return order & 0xffffffffU; }
  [[nodiscard]] bool is_late() const noexcept { return order < in_order; }
  [[nodiscard]] bool is_out() const noexcept { return order >= behind_all; }
};

[[nodiscard]] inline bool before(const MergeEntry& a, const MergeEntry& b) noexcept {
  __extension__ using Wide = unsigned __int128;
  return ((static_cast<Wide>(a.rank) << 64) | a.order) < ((static_cast<Wide>(b.rank) << 64) | b.order);
}

class LoserTree {
 public:
  /// Builds the tree. Entry i is of stream i.
  void build(std::span<const MergeEntry> entries) {
    leaves_ = std::bit_ceil(entries.size());
    ranks_.resize(leaves_);
    orders_.resize(leaves_);
    winners_.assign(2 * leaves_, MergeEntry::out(0));
    for (std::size_t i = 0; i < entries.size(); ++i) winners_[leaves_ + i] = entries[i];
    for (std::size_t node = leaves_ - 1; node > 0; --node) {
      const MergeEntry& left = winners_[2 * node];
      const MergeEntry& right = winners_[2 * node + 1];
      const bool is_left = before(left, right);
      winners_[node] = is_left ? left : right;
      put(node, is_left ? right : left);
    }
    put(0, winners_[1]);
  }

  [[nodiscard]] MergeEntry winner() const noexcept { return at(0); }

  /// Replaces the winner by the next entry of its stream.
  void replay(MergeEntry entry) noexcept {
    std::uint64_t* const ranks = ranks_.data();
    std::uint64_t* const orders = orders_.data();
    for (std::size_t node = (leaves_ + entry.stream()) / 2; node != 0; node /= 2) {
      const MergeEntry other{ranks[node], orders[node]};
      // Arithmetic, since compilers make a branch of a choice.
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

  /// The entry that would win without the winner.
  [[nodiscard]] MergeEntry runner_up() const noexcept {
    MergeEntry best = MergeEntry::out(0);
    for (std::size_t node = (leaves_ + winner().stream()) / 2; node != 0; node /= 2) {
      if (before(at(node), best)) best = at(node);
    }
    return best;
  }

 private:
  [[nodiscard]] MergeEntry at(std::size_t node) const noexcept { return {ranks_[node], orders_[node]}; }
  void put(std::size_t node, MergeEntry entry) noexcept {
    ranks_[node] = entry.rank, orders_[node] = entry.order;
  }

  std::size_t leaves_ = 1;  // a power of two, so that all paths up have the same length
  // Place 0 is the winner's, the others are the losers' of the nodes from the root down. Ranks and orders are
  // in arrays of their own: an entry that is stored in two halves and loaded as one would miss store
  // forwarding.
  std::vector<std::uint64_t> ranks_{MergeEntry::out(0).rank};
  std::vector<std::uint64_t> orders_{MergeEntry::out(0).order};
  std::vector<MergeEntry> winners_;  // of build()
};

}  // namespace shm::internal
