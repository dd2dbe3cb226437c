// Limits: cache lines bounced between two processes that spin with `pause`.
//
// One line, which both write: the least that any exchange costs. It is also the probe of where the two
// processors are: on a virtual machine they are placed anew every few seconds, and a bounce then costs
// several times as much or little.
//
// A line each way, which the other reads through a read-only mapping, as readers of a stream must: the least
// that one way costs with that promise. Where a load through a writable page takes a modified line over with
// its ownership (AMD EPYC does), one through a read-only page only shares it, and the next store must ask for
// it back.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "support/shared.hpp"

namespace shm::bench {

/// Where one process writes and where it reads.
struct LineEnds {
  std::atomic<std::uint64_t>* out;
  const std::atomic<std::uint64_t>* in;
};

/// Make it before forking the other process.
class BareLines {
 public:
  enum class Kind { one_written_by_both, one_each_way_read_only };

  /// @throws std::system_error
  explicit BareLines(Kind kind) : kind_(kind), memory_(4096) {}

  [[nodiscard]] LineEnds asker() const noexcept { return {written(0), read(other_way())}; }
  [[nodiscard]] LineEnds answerer() const noexcept { return {written(other_way()), read(0)}; }

 private:
  static constexpr std::size_t apart = 256;
  [[nodiscard]] std::size_t other_way() const noexcept {
    return kind_ == Kind::one_written_by_both ? 0 : apart;
  }
  [[nodiscard]] std::atomic<std::uint64_t>* written(std::size_t at) const noexcept {
    return reinterpret_cast<std::atomic<std::uint64_t>*>(memory_.writable() + at);
  }
  [[nodiscard]] const std::atomic<std::uint64_t>* read(std::size_t at) const noexcept {
    if (kind_ == Kind::one_written_by_both) return written(at);
    return reinterpret_cast<const std::atomic<std::uint64_t>*>(memory_.read_only() + at);
  }
  Kind kind_;
  TwiceMapped memory_;
};

/// Round trips per time stamp, and how many stamps.
struct Bounces {
  std::uint64_t per_stamp = 16;
  std::uint64_t stamps = 1000;
  [[nodiscard]] std::uint64_t rounds() const { return per_stamp * stamps; }
};

/// Bounces; gives the ns of one way for each stamp. @throws std::runtime_error  the other does not answer.
[[nodiscard]] std::vector<double> ask(const LineEnds& ends, const Bounces& bounces);
/// The other side of ask(), with the same `bounces`. @throws std::runtime_error
void answer(const LineEnds& ends, const Bounces& bounces);

/// Where the processors were, by what a bounce of one line costs.
enum class Placement { siblings, near, far };
[[nodiscard]] Placement placement_of(double one_way_ns) noexcept;
[[nodiscard]] std::string_view to_string(Placement placement) noexcept;

/// Two probes around a measurement: did the placement stay?
[[nodiscard]] bool agree(double before_ns, double after_ns) noexcept;

}  // namespace shm::bench
