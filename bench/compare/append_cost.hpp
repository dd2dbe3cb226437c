// What one append of 8 bytes costs the writer: beside a bare store of item and counter, and with readers
// attached that do nothing, or sleep until an item that is far off.
#pragma once

#include <vector>

#include "compare/comparison.hpp"
#include "support/peer.hpp"

namespace shm::bench {

class AppendCost {
 public:
  AppendCost();

  /// @throws std::runtime_error, and what libshm throws.
  void take_round(const Processors& processors, const Effort& effort);

  [[nodiscard]] std::vector<Comparison> comparisons() const;

 private:
  void take_bare(const Effort& effort);
  void take_readers(const Processors& processors, const Effort& effort);

  Comparison bare_;
  std::vector<Comparison> readers_;
};

}  // namespace shm::bench
