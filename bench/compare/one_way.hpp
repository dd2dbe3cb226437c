// One-way latency between two processes that spin: two streams, one each way, an item sent to and fro.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "compare/comparison.hpp"
#include "limits/bare_line.hpp"
#include "support/peer.hpp"

namespace shm::bench {

/// One size of item: its rounds, kept apart by where the processors were.
class OneWay {
 public:
  /// The most bytes that have a bar: what rides in the counter line.
  static constexpr std::size_t barred_bytes = 48;

  explicit OneWay(std::size_t item_bytes) : item_bytes_(item_bytes) {}

  /// Takes one round; again, a few times at most, if the processors moved meanwhile.
  /// @throws std::runtime_error, and what libshm throws.
  void take_round(const Processors& processors, const Effort& effort);

  struct Here {
    std::vector<std::pair<double, double>> p50;        ///< (bare line, ours), ns, from blocks of round trips
    std::vector<std::pair<double, double>> read_only;  ///< (lines read through read-only mappings, ours), ns
    std::vector<Percentiles> single;                   ///< of single round trips
  };

  [[nodiscard]] std::size_t item_bytes() const noexcept { return item_bytes_; }
  [[nodiscard]] const std::map<Placement, Here>& by_placement() const noexcept { return by_placement_; }
  [[nodiscard]] int thrown_away() const noexcept { return thrown_away_; }
  [[nodiscard]] std::vector<Comparison> comparisons() const;

 private:
  std::size_t item_bytes_;
  std::map<Placement, Here> by_placement_;
  int thrown_away_ = 0;
};

}  // namespace shm::bench
