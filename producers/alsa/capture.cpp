// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/capture.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include "common/log.hpp"
#include "producers/alsa/pcm_format.hpp"

namespace shm::programs {
namespace {

using namespace std::chrono_literals;
using Reason = Timeline::Reason;

constexpr auto longest_turn = 100ms;
constexpr auto between_attempts = 20ms;
constexpr auto resume_limit = 30s;  // then the device is closed and opened anew
constexpr auto restart_limit = 3s;

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Capture::Capture(PcmDevice& device, AudioStream& stream, Timeline& timeline, const StopSignal& stop)
    : device_(device), stream_(stream), timeline_(timeline), stop_(stop), polled_(device.descriptors()) {
  polled_.push_back({.fd = stop.descriptor(), .events = POLLIN, .revents = 0});
  const PcmSetup& setup = device.setup();
  const std::chrono::nanoseconds period(static_cast<std::int64_t>(setup.period) * 1'000'000'000 / setup.rate);
  quiet_limit_ = std::max<std::chrono::nanoseconds>(3 * period, 30ms);
  stall_limit_ = std::max<std::chrono::nanoseconds>(10 * period, 200ms);
  check_alsa(device_.prepare_and_start(), "cannot start capture on '" + stream.audio().device + "'");
  last_frames_ = Clock::now();
}

Capture::Outcome Capture::turn() {
  if (trouble_ != Reason::none) return recover();
  const unsigned short events = wait_for_frames();
  if (stop_.triggered()) return Outcome::going_on;
  // Whatever poll() returned, even an error: the state decides.
  const PcmDevice::Look look = device_.look();
  if (look.error < 0 || look.state != SND_PCM_STATE_RUNNING) return heed(look.error, look.state);
  if ((events & POLLIN) != 0 || look.available >= device_.setup().period) return take(look);
  if ((events & (POLLERR | POLLNVAL)) != 0)
    stop_.wait_for(between_attempts);  // it reports data, and runs: do not spin
  watch_for_stall();
  return Clock::now() - last_frames_ > quiet_limit_ ? take_leftovers(look) : Outcome::going_on;
}

unsigned short Capture::wait_for_frames() {
  const auto left = quiet_limit_ - (Clock::now() - last_frames_);
  const auto timeout = left > 0ms ? std::min<std::chrono::nanoseconds>(left, longest_turn) : longest_turn;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(timeout).count();
  for (pollfd& entry : polled_) entry.revents = 0;
  if (::poll(polled_.data(), polled_.size(), static_cast<int>(ms)) <= 0) return 0;
  return device_.revents({polled_.data(), polled_.size() - 1});
}

/// The reaction to an error, or to a state in which no frames come.
Capture::Outcome Capture::heed(int error, snd_pcm_state_t state) {
  if (error == -EAGAIN || error == -EINTR) return Outcome::going_on;
  if (error == -ENODEV || state == SND_PCM_STATE_DISCONNECTED) return Outcome::device_gone;
  if (error == -ESTRPIPE || state == SND_PCM_STATE_SUSPENDED) {
    lost_frames(Reason::suspend);
    return recover();
  }
  if (error == -EPIPE || state == SND_PCM_STATE_XRUN) {
    lost_frames(Reason::overrun);
    return recover();
  }
  if (error < 0) {
    log::error("'{}' fails: {}", stream_.audio().device, snd_strerror(error));
    return Outcome::device_gone;
  }
  // Stopped without an error.
  lost_frames(Reason::overrun);
  return recover();
}

void Capture::lost_frames(Reason reason) {
  // A device that fails as soon as it is started is tried again at longer intervals.
  if (!delivered_since_trouble_) stop_.wait_for(between_attempts);
  delivered_since_trouble_ = false;
  trouble_ = reason;
  trouble_since_ = Clock::now();
  timeline_.interrupted(reason);
  log::warn("'{}': {} at frame {}", stream_.audio().device, to_string(reason), stream_.inserted());
}

/// One attempt; the next turn makes the next one.
Capture::Outcome Capture::recover() {
  if (device_.state() == SND_PCM_STATE_SUSPENDED) {
    const int resumed = device_.resume();
    // The result is not reliable: it is 0 also if the device still sleeps, or woke up stopped.
    const snd_pcm_state_t state = device_.state();
    log::debug("resume: {}, state {}", resumed < 0 ? snd_strerror(resumed) : "done",
               snd_pcm_state_name(state));
    if (state == SND_PCM_STATE_DISCONNECTED) return Outcome::device_gone;
    if (state == SND_PCM_STATE_RUNNING) return take_up_after_resume();
    if (state == SND_PCM_STATE_SUSPENDED && resumed == -EAGAIN) {
      if (Clock::now() - trouble_since_ > resume_limit) return Outcome::device_gone;
      stop_.wait_for(between_attempts);
      return Outcome::going_on;
    }
  }
  return restart_device();
}

/// A device that truly resumed continues with its buffer: the frames in it at this moment are from before the
/// sleep.
Capture::Outcome Capture::take_up_after_resume() {
  trouble_ = Reason::none;
  last_frames_ = Clock::now();
  const PcmDevice::Look look = device_.look();
  if (look.error < 0 || look.available == 0 || !timeline_.due(stream_.inserted())) return Outcome::going_on;
  return move_frames(look.available, timeline_.follow_on(stream_.inserted()));
}

Capture::Outcome Capture::restart_device() {
  const int error = device_.prepare_and_start();
  const snd_pcm_state_t state = device_.state();
  if (error == 0 && state == SND_PCM_STATE_RUNNING) {
    trouble_ = Reason::none;
    last_frames_ = Clock::now();
    return Outcome::going_on;
  }
  if (error == -ENODEV || state == SND_PCM_STATE_DISCONNECTED) return Outcome::device_gone;
  const auto limit =
      trouble_ == Reason::suspend ? Clock::duration(resume_limit) : Clock::duration(restart_limit);
  if (Clock::now() - trouble_since_ > limit) {
    log::error("'{}' does not start again: {}", stream_.audio().device, snd_strerror(error));
    return Outcome::device_gone;
  }
  stop_.wait_for(between_attempts);
  return Outcome::going_on;
}

/// Of three, the middle one: an interruption between the device's position and its time stamp spoils one of
/// them.
std::int64_t Capture::measure(const PcmDevice::Look& look) const {
  if (!timeline_.is_surprising(stream_.inserted(), look.first_frame_ns)) return look.first_frame_ns;
  std::array times{look.first_frame_ns, device_.look().first_frame_ns, device_.look().first_frame_ns};
  std::sort(times.begin(), times.end());
  return times[1];
}

Capture::Outcome Capture::take(const PcmDevice::Look& look) {
  if (look.available == 0) return Outcome::going_on;
  const std::int64_t measured = measure(look);
  // An error meanwhile: the available frames cannot be read, and the measurement may be wrong.
  if (device_.state() != SND_PCM_STATE_RUNNING) return heed(0, device_.state());
  const auto due = timeline_.due(stream_.inserted());
  const Timeline::Arrival arrival = timeline_.arrive(stream_.inserted(), measured);
  if (arrival.gap_frames > 0) {
    log::warn("{} frames ({:.6f} s) lost by {}: silence at {}", arrival.gap_frames,
              static_cast<double>(arrival.gap_frames) / timeline_.rate(), to_string(arrival.reason),
              stream_.inserted());
    stream_.publish_silence(arrival.gap_frames, arrival.gap_time_ns, arrival.reason);
  } else if (due && measured < *due - timeline_.tolerance_ns()) {
    too_fast(*due - measured);
  }
  last_frames_ = Clock::now();
  leftovers_taken_ = false;
  if (stalled_) {
    stalled_ = false;
    log::info("'{}' delivers again", stream_.audio().device);
  }
  return move_frames(look.available, arrival);
}

/// More frames than time: a device without a pace ("null"), or one whose clock jumped. It must not take the
/// whole processor, least of all at a real-time priority.
void Capture::too_fast(std::int64_t ahead_ns) {
  if (!reported_too_fast_) {
    log::warn("'{}' delivers faster than its rate: {:.6f} s ahead", stream_.audio().device,
              static_cast<double>(ahead_ns) / 1e9);
  }
  reported_too_fast_ = true;
  stop_.wait_for(between_attempts);
}

/// Frames that a device left when it stopped delivering, fewer than a period: they belong before the gap.
Capture::Outcome Capture::take_leftovers(const PcmDevice::Look& look) {
  // Once: frames that come later in small pieces are from behind the gap.
  if (leftovers_taken_) return Outcome::going_on;
  leftovers_taken_ = true;
  if (look.available == 0 || timeline_.is_interrupted() || !timeline_.due(stream_.inserted())) {
    return Outcome::going_on;
  }
  return move_frames(look.available, timeline_.follow_on(stream_.inserted()));
}

Capture::Outcome Capture::move_frames(snd_pcm_uframes_t available, const Timeline::Arrival& arrival) {
  const auto wanted = std::min<snd_pcm_uframes_t>(available, stream_.max_claim());
  const snd_pcm_sframes_t got = device_.read(stream_.claim(wanted), wanted);
  if (got < 0) return heed(static_cast<int>(got), device_.state());
  if (got == 0) return Outcome::going_on;
  stream_.publish_block({.frames = static_cast<std::uint64_t>(got),
                         .time_ns = arrival.time_ns,
                         .measured_ns = arrival.measured_ns,
                         .is_start = arrival.is_start,
                         .reason = arrival.is_start ? arrival.reason : Reason::none});
  timeline_.took();
  delivered_since_trouble_ = true;
  return Outcome::going_on;
}

void Capture::watch_for_stall() {
  const auto quiet = Clock::now() - last_frames_;
  if (stalled_ || quiet < stall_limit_) return;
  stalled_ = true;
  log::warn("'{}' has delivered nothing for {:.2f} s, though it runs", stream_.audio().device,
            seconds(quiet));
}

}  // namespace shm::programs
