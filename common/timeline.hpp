// SPDX-License-Identifier: Apache-2.0

// The map from the index of a frame to the time of its capture. At every read from a device it decides whether
// frames are missing before the read, and how many. So the map stays true across overruns, suspends, unplugged
// devices, stalls and restarts.
//
//   Timeline timeline({.rate = 48000});
//   Timeline::Arrival a = timeline.arrive(next_index, measured_ns);  // time of the first frame that waits
//   if (a.gap_frames > 0) publish_silence(a.gap_frames, a.gap_time_ns, a.reason);
//   publish_block(frames, a.time_ns, a.is_start);
//   timeline.took();                                                 // the block is published
//   timeline.interrupted(Reason::overrun);                           // frames were lost; arrive() counts them
//
// Pure: no ALSA, no clock, no stream. One thread. Throws nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "shm/audio/audio.hpp"
#include "shm/time/time_fit.hpp"

namespace shm::programs {

class Timeline {
 public:
  using Reason = CaptureMark::Reason;

  struct Policy {
    double rate = 48000;                     ///< frames per second
    std::int64_t tolerance_ns = 10'000'000;  ///< a jump beyond this, with nothing reported, is a loss
    std::uint64_t longest_gap = UINT64_MAX;  ///< frames; longer ones are not filled: capture starts anew
  };

  struct Arrival {
    std::uint64_t gap_frames = 0;                  ///< of silence to publish first
    std::int64_t gap_time_ns = 0;                  ///< of the first of them
    std::int64_t time_ns = 0;                      ///< of the first arrived frame
    std::optional<std::int64_t> measured_ns = {};  ///< the same, as it was measured
    bool is_start = false;                         ///< nothing is known of the frames before
    Reason reason = Reason::none;                  ///< of the gap or the start
  };

  explicit Timeline(Policy policy) : policy_(policy), fit_(policy.rate) {}

  /// The next frame, `next`, was due at `due_ns`. For the state that a writer left when it died.
  void resume(Index next, std::int64_t due_ns, Reason reason);
  /// The device lost frames, or may have. A stall does not displace a weightier reason.
  void interrupted(Reason reason);
  /// Capture stopped on purpose: the next arrival is a start.
  void stopped();

  /// Would this arrival be a discontinuity? If so, measure again before using it.
  [[nodiscard]] bool is_surprising(Index next, std::int64_t measured_ns) const;
  /// Frames arrived. The first of them was captured at `measured_ns`, and gets index `next` (after the gap).
  [[nodiscard]] Arrival arrive(Index next, std::int64_t measured_ns);
  /// Frames that certainly follow the ones before, although they have no time stamp.
  [[nodiscard]] Arrival follow_on(Index next);
  /// The arrived frames were published.
  void took();

  /// When frame `next` is due. Empty before the first arrival and after stopped().
  [[nodiscard]] std::optional<std::int64_t> due(Index next) const;
  [[nodiscard]] const TimeFit& fit() const noexcept { return fit_; }
  /// True if interrupted() was called, and no frames have arrived since.
  [[nodiscard]] bool is_interrupted() const noexcept { return pending_ != Reason::none; }
  [[nodiscard]] double rate() const noexcept { return policy_.rate; }
  [[nodiscard]] std::int64_t tolerance_ns() const noexcept { return policy_.tolerance_ns; }

 private:
  Policy policy_;
  TimeFit fit_;
  bool running_ = false;  // the due time of the next frame is known
  bool start_ = true;     // a start was not yet published
  Reason pending_ = Reason::none;
  Reason start_reason_ = Reason::none;
};

}  // namespace shm::programs
