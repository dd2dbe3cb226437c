// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/daemon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/log.hpp"
#include "producers/alsa/pcm_format.hpp"
#include "producers/alsa/realtime.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

using namespace std::chrono_literals;

constexpr auto first_backoff = 100ms;
constexpr auto longest_backoff = 5s;
constexpr auto longest_idle = 1s;

/// Before the device is touched: another daemon may have it open for this very stream.
void refuse_if_written(const std::string& name) {
  StreamInfo info;
  try {
    info = stream_info(name);
  } catch (const NotFound&) {
    return;
  }
  if (info.writer.state != WriterState::live) return;
  throw WriterExists(
      fmt::format("stream '{}' is being written already, by {} (pid {})", name,
                  info.writer.program.empty() ? "a program" : info.writer.program, info.writer.pid),
      info.writer.pid, info.writer.program);
}

/// Opens, negotiates and closes: wrong devices and parameters are errors now, not when the first reader
/// enters.
PcmSetup probe(const AlsaOptions& options, const PcmRequest& request) {
  refuse_if_written(options.common.stream);
  return PcmDevice(request).setup();
}

/// Computed from the requested period, not from the one that the device agreed to: the next daemon must get
/// the same result.
AudioStream::Options stream_options(const AlsaOptions& options, const PcmSetup& setup) {
  const double rate = setup.rate;
  const double period = std::max(1.0, rate * options.period_ms / 1000);
  AudioStream::Options result;
  result.history_frames = static_cast<std::uint64_t>(std::ceil(options.common.history_seconds * rate));
  result.max_claim =
      std::max<std::uint64_t>(result.history_frames / 8, static_cast<std::uint64_t>(period * 4));
  // One mark a period, and room for devices that deliver smaller pieces.
  const double marks = static_cast<double>(result.history_frames) / period;
  result.marks_history = static_cast<std::uint64_t>(std::ceil(4 * marks)) + 256;
  result.mode = options.common.mode();
  result.group = options.common.group;
  result.persistent = options.common.persistent;
  result.has_source = true;
  result.fit = true;
  return result;
}

Timeline::Policy timeline_policy(const AlsaOptions& options, const PcmSetup& setup) {
  const auto period_ns = static_cast<std::int64_t>(setup.period) * 1'000'000'000 / setup.rate;
  return {.rate = static_cast<double>(setup.rate),
          .tolerance_ns = std::max<std::int64_t>(period_ns, 10'000'000),
          .longest_gap = static_cast<std::uint64_t>(options.fill_limit_seconds * setup.rate)};
}

std::string describe(const PcmSetup& setup) {
  return fmt::format("{}, {} Hz, {} channel{}, period {}, buffer {} frames", to_string(setup.format),
                     setup.rate, setup.channels, setup.channels == 1 ? "" : "s", setup.period, setup.buffer);
}

}  // namespace

Daemon::Daemon(const AlsaOptions& options, const StopSignal& stop)
    : options_(options),
      stop_(stop),
      request_(options.request()),
      setup_(probe(options, request_)),
      stream_(options.common.stream, setup_.audio(request_.device), stream_options(options, setup_)),
      timeline_(timeline_policy(options, setup_)),
      backoff_(first_backoff) {
  if (setup_.rate != request_.rate) {
    log::warn("'{}' has no rate of {} Hz: captures at {} Hz", request_.device, request_.rate, setup_.rate);
  }
  log::info("stream '{}' from '{}': {}", options.common.stream, request_.device, describe(setup_));
  // From now on no other format is accepted: readers have read the header.
  request_.formats = {setup_.format};
  request_.channels = setup_.channels;
  request_.rate = setup_.rate;
  request_.exact_rate = true;
  demand_.emplace(stream_.frames(), Demand::Policy{.always = options.always,
                                                   .linger = std::chrono::milliseconds(options.linger_ms)});
}

void Daemon::run() {
  begin();
  while (!stop_.triggered()) {
    notify_.alive();
    if (demand_->wanted()) {
      serve();
    } else {
      say("waiting for a reader");
      demand_->wait(longest_idle, &stop_.interrupt());
    }
  }
  notify_.stopping();
  log::info("stopping at frame {}", stream_.inserted());
  demand_.reset();
  stream_.close();
}

/// Continues where a daemon that died stopped, if its readers still wait; otherwise that session is over.
void Daemon::begin() {
  if (!options_.no_realtime) become_realtime(options_.priority);
  notify_.ready("started");
  const auto due = stream_.due_after_crash();
  if (!due) return;
  if (demand_->wanted()) {
    log::warn("taking over at frame {} from a daemon that died", stream_.inserted());
    timeline_.resume(stream_.inserted(), *due, CaptureMark::Reason::restart);
  } else {
    stream_.publish_stop(*due);
  }
}

/// From the first reader that enters until the last one has left.
void Daemon::serve() {
  while (!stop_.triggered() && demand_->wanted()) {
    if (!open_device()) continue;
    capture_until_gone();
  }
  end_session();
}

bool Daemon::open_device() {
  try {
    // Read the configuration anew: alsa-lib does so only when a file's time changed by a second.
    snd_config_update_free_global();
    device_.emplace(request_);
    return true;
  } catch (const CannotNegotiate& error) {
    device_failed(error.what(), true);
  } catch (const AlsaError& error) {
    device_failed(error.what(), false);
  }
  return false;
}

void Daemon::device_failed(const std::string& why, bool mismatch) {
  if (why != last_failure_) log::error("{}", why);
  last_failure_ = why;
  say(why);
  // A device that went away may come back unchanged: readers that entered wait. Other failures are reported
  // to them.
  const bool may_come_back = demand_->is_running() && !mismatch;
  if (!may_come_back) demand_->failed(why);
  if (may_come_back || options_.always) rest(backoff_);
  backoff_ = std::min<std::chrono::milliseconds>(backoff_ * 2, longest_backoff);
}

void Daemon::capture_until_gone() {
  try {
    Capture capture(*device_, stream_, timeline_, stop_);
    demand_->started();
    if (!last_failure_.empty()) log::info("'{}' is back", request_.device);
    last_failure_.clear();
    say("capturing from " + request_.device);
    bool stalled = false;
    while (!stop_.triggered() && demand_->wanted()) {
      if (capture.turn() == Capture::Outcome::device_gone) {
        timeline_.interrupted(CaptureMark::Reason::unplugged);
        last_failure_ =
            fmt::format("'{}' is gone at frame {}; waiting for it", request_.device, stream_.inserted());
        log::error("{}", last_failure_);
        say(last_failure_);
        break;
      }
      if (capture.is_stalled() != stalled) {
        stalled = !stalled;
        say((stalled ? "nothing comes from " : "capturing from ") + request_.device);
      }
      if (timeline_.due(stream_.inserted())) backoff_ = first_backoff;  // it delivered
      notify_.alive();
    }
  } catch (const AlsaError& error) {  // it opened, but did not start
    device_.reset();
    device_failed(error.what(), false);
  }
  device_.reset();
}

void Daemon::end_session() {
  if (const auto due = timeline_.due(stream_.inserted())) {
    stream_.publish_stop(*due);
    log::info("capture stopped at frame {}", stream_.inserted());
  }
  timeline_.stopped();
  if (demand_->is_running()) demand_->stopped();
}

/// Sleeps; meanwhile it checks readers and the stop signal, and feeds the watchdog.
void Daemon::rest(std::chrono::milliseconds time) {
  const auto until = Clock::now() + time;
  while (Clock::now() < until && !stop_.wait_for(std::min<Clock::duration>(100ms, until - Clock::now()))) {
    notify_.alive();
    if (!demand_->wanted()) return;
  }
}

void Daemon::say(const std::string& status) { notify_.status(status); }

}  // namespace shm::programs
