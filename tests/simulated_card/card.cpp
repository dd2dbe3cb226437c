// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/card.hpp"

#include <poll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "simulated_card/start_origin.hpp"

namespace simulated_card {

Card::Card(const Options& options, Recording recording)
    : recording_(std::move(recording)),
      state_(options.state),
      lock_(CardLock::try_lock(options.state)),
      log_(options.state),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!lock_) throw std::system_error(EBUSY, std::generic_category(), "the simulated card is open already");
  if (timer_.get() < 0) throw std::system_error(errno, std::generic_category(), "timerfd");
  adopt_state(options);
  take_faults(monotonic_now());
  if (monotonic_now() < state_.unplugged_until().load()) {
    throw std::system_error(ENODEV, std::generic_category(), "the simulated card is unplugged");
  }
  state_.holder().store(::getpid());
  const RecordingFormat& format = recording_.format();
  log_.append({{"event", "open"},
               {"program", program_invocation_short_name},
               {"format", snd_pcm_format_name(format.format)},
               {"rate", format.rate},
               {"channels", format.channels},
               {"length", recording_.length()},
               {"epoch", clock_.epoch_ns}});
  set_timer(0);

  io.version = SND_PCM_IOPLUG_VERSION;
  io.name = "Simulated sound card";
  io.poll_fd = timer_.get();
  io.poll_events = POLLIN;
  io.private_data = this;
}

Card::~Card() {
  // Unplugged: all events are logged, and the state may belong to the next open already.
  if (!lock_ || state_.holder().load() != ::getpid()) return;
  try {
    end_run("close");
    log_.append({{"event", "close"}});
  } catch (const std::exception& error) {
    SNDERR("simulated card: %s", error.what());
  }
  state_.holder().store(0);
}

// The contents of the state directory when the card is opened: the epoch, and perhaps a run that a SIGKILL
// cut off.
void Card::adopt_state(const Options& options) {
  if (const std::int64_t dead = state_.holder().load(); dead != 0) {
    const Progress last = state_.progress();
    const auto logged = read_truth(options.state);
    const bool known = std::any_of(logged.begin(), logged.end(),
                                   [&](const auto& line) { return line.value("range", 0L) == last.range; });
    if (!known && last.delivered.frames() > 0) {
      log_.append({{"event", "delivered"},
                   {"run", last.run},
                   {"range", last.range},
                   {"from", last.delivered.from},
                   {"to", last.delivered.to},
                   {"cause", "killed"},
                   {"pid", dead}});
    }
    log_.append({{"event", "died"}, {"run", last.run}, {"pid", dead}});
    state_.begin_range(0, 0);
    state_.holder().store(0);
  }
  const std::int64_t now = monotonic_now();
  if (options.epoch_ns) {
    if (*options.epoch_ns > now || *options.epoch_ns < 0) {
      throw std::invalid_argument("epoch is not in the past of CLOCK_MONOTONIC");
    }
    state_.set_epoch_ns(*options.epoch_ns);
  } else if (state_.epoch_ns() == 0 || state_.epoch_ns() > now) {
    state_.set_epoch_ns(now);  // in the future: kept from before a reboot
  }
  clock_ = {state_.epoch_ns(), recording_.format().rate};
}

int Card::hw_params() const { return io.state == SND_PCM_STATE_DISCONNECTED ? -ENODEV : 0; }

int Card::sw_params(snd_pcm_sw_params_t* params) {
  snd_pcm_uframes_t avail_min = 0;
  snd_pcm_uframes_t start_threshold = 0;
  snd_pcm_uframes_t stop_threshold = 0;
  if (const int error = snd_pcm_sw_params_get_avail_min(params, &avail_min); error < 0) return error;
  if (const int error = snd_pcm_sw_params_get_start_threshold(params, &start_threshold); error < 0)
    return error;
  if (const int error = snd_pcm_sw_params_get_stop_threshold(params, &stop_threshold); error < 0)
    return error;
  avail_min_ = static_cast<std::int64_t>(avail_min);
  explicit_start_only_ = start_threshold > io.buffer_size;
  stop_threshold_ = static_cast<std::int64_t>(std::min(stop_threshold, io.buffer_size));
  schedule_wake(monotonic_now());
  return 0;
}

int Card::prepare() {
  // alsa-lib has reset its pointers already: transfer() has marked the frames that were read.
  delivered_ = reported_ = captured_;
  end_run("stop");
  const std::int64_t now = monotonic_now();
  take_faults(now);
  if (io.state == SND_PCM_STATE_DISCONNECTED) return -ENODEV;
  if (now < state_.suspended_until().load()) return -ESTRPIPE;
  captured_ = reported_ = delivered_ = 0;
  set_timer(0);
  schedule_wake(now);
  return 0;
}

int Card::start() {
  const std::int64_t now = monotonic_now();
  take_faults(now);
  if (const int error = error_of_state(); error != 0) return error;
  if (explicit_start_only_ && started_by_reading()) return -EAGAIN;
  // During a stall the card starts, but captures no frames before the stall is over.
  const std::int64_t world = clock_.world_frame_at(std::max(now, state_.stalled_until().load()));
  run_ = state_.next_run();
  delivery_ = Delivery(world);
  captured_ = reported_ = delivered_ = 0;
  overrun_at_.reset();
  state_.begin_range(run_, world);
  log_.append({{"event", "start"}, {"ns", now}, {"run", run_}, {"world", world}});
  // The state becomes RUNNING only after this.
  set_timer(clock_.time_of(world + std::min(avail_min_, static_cast<std::int64_t>(io.period_size))));
  return 0;
}

int Card::stop() {
  const std::int64_t run = run_;
  end_run("stop");
  if (run != 0) log_.append({{"event", "stop"}, {"run", run}});
  set_timer(1);
  return 0;
}

int Card::resume() {
  const std::int64_t now = monotonic_now();
  take_faults(now);
  if (io.state == SND_PCM_STATE_DISCONNECTED) return -ENODEV;
  if (io.state != SND_PCM_STATE_SUSPENDED) return 0;
  if (!can_resume_) return -ENOSYS;
  if (now < state_.suspended_until().load()) return -EAGAIN;
  // Awake, but the frames of the meantime are lost, and capture must be prepared and started again.
  snd_pcm_ioplug_set_state(&io, SND_PCM_STATE_XRUN);
  return 0;
}

snd_pcm_sframes_t Card::pointer() {
  advance(monotonic_now());
  mark_delivered(read_position());
  reported_ = captured_;
  return static_cast<snd_pcm_sframes_t>(reported_ % static_cast<std::int64_t>(io.buffer_size));
}

snd_pcm_sframes_t Card::transfer(const snd_pcm_channel_area_t* areas, snd_pcm_uframes_t offset,
                                 snd_pcm_uframes_t size) {
  if (const int error = error_of_state(); error != 0) return error;
  const std::int64_t begin = read_position();
  const auto frames = static_cast<std::int64_t>(size);
  for (std::int64_t done = 0; done < frames;) {
    const WorldRange chunk = delivery_.chunk(begin + done, frames - done);
    recording_.copy(chunk.from, chunk.frames(), areas, offset + static_cast<snd_pcm_uframes_t>(done));
    done += chunk.frames();
  }
  // In mmap mode the program has not committed these frames yet; pointer() and stop() find out how many it
  // did.
  if (io.access == SND_PCM_ACCESS_RW_INTERLEAVED || io.access == SND_PCM_ACCESS_RW_NONINTERLEAVED) {
    mark_delivered(begin + frames);
    schedule_wake(monotonic_now());
  }
  return static_cast<snd_pcm_sframes_t>(size);
}

int Card::poll_revents(unsigned short* revents) {
  const std::int64_t now = monotonic_now();
  advance(now);
  *revents = 0;
  switch (io.state) {
    case SND_PCM_STATE_PREPARED:
    case SND_PCM_STATE_PAUSED:
      break;
    case SND_PCM_STATE_RUNNING:
      if (captured_ - read_position() >= avail_min_) *revents = POLLIN;
      break;
    case SND_PCM_STATE_DISCONNECTED:
      *revents = POLLERR | POLLNVAL;
      break;
    default:
      *revents = POLLIN | POLLERR;
  }
  schedule_wake(now);
  return 0;
}

void Card::advance(std::int64_t now) {
  take_faults(now);
  if (!running()) return;
  const std::int64_t world = clock_.world_frame_at(now);
  if (const std::int64_t waiting = state_.waiting_overrun().exchange(0); waiting != 0 && !overrun_at_) {
    overrun_at_ = world + waiting - 1;
  }
  if (overrun_at_) {
    if (world >= *overrun_at_) overrun(now, true);
    return;
  }
  const std::int64_t captured = delivery_.position_at(world);
  if (captured - read_position() >= stop_threshold_) {
    overrun(now, false);
  } else {
    captured_ = captured;
  }
}

int Card::error_of_state() const {
  switch (io.state) {
    case SND_PCM_STATE_XRUN:
      return -EPIPE;
    case SND_PCM_STATE_SUSPENDED:
      return -ESTRPIPE;
    case SND_PCM_STATE_DISCONNECTED:
      return -ENODEV;
    default:
      return 0;
  }
}

// From alsa-lib's pointers, not from a count in transfer(): a program may also forward, rewind, or commit a
// mapping.
std::int64_t Card::read_position() const {
  return reported_ - static_cast<std::int64_t>(snd_pcm_ioplug_avail(&io, io.hw_ptr, io.appl_ptr));
}

void Card::mark_delivered(std::int64_t position) {
  while (run_ != 0 && delivered_ < position) {
    const WorldRange chunk = delivery_.chunk(delivered_, position - delivered_);
    if (chunk.from != state_.progress().delivered.to) {
      end_range("stall");
      state_.begin_range(run_, chunk.from);
    }
    state_.delivered_to(chunk.to);
    delivered_ += chunk.frames();
  }
}

void Card::end_range(std::string_view cause) {
  const Progress progress = state_.progress();
  if (progress.delivered.frames() == 0) return;
  log_.append({{"event", "delivered"},
               {"run", progress.run},
               {"range", progress.range},
               {"from", progress.delivered.from},
               {"to", progress.delivered.to},
               {"cause", cause}});
}

void Card::end_run(std::string_view cause) {
  if (run_ == 0) return;
  mark_delivered(read_position());
  end_range(cause);
  run_ = 0;
  overrun_at_.reset();
  state_.begin_range(0, 0);
}

void Card::schedule_wake(std::int64_t now) {
  if (io.state == SND_PCM_STATE_PREPARED || io.state == SND_PCM_STATE_PAUSED) return set_timer(0);
  if (!running()) return set_timer(1);
  if (overrun_at_) return set_timer(clock_.time_of(*overrun_at_));
  const std::int64_t enough = clock_.time_of(delivery_.world_when_captured(read_position() + avail_min_));
  // A tick each period notices faults, also for a program that waits for more than a period; but not in a
  // stall, where nothing may wake the program.
  const std::int64_t alive = std::max(now, clock_.time_of(delivery_.world_when_captured(captured_)));
  const std::int64_t period = static_cast<std::int64_t>(io.period_size) * kNsPerSecond / clock_.rate;
  set_timer(std::min(enough, alive + period));
}

// 0 disarms; a time in the past makes the descriptor readable at once, and it stays so.
void Card::set_timer(std::int64_t at_ns) {
  itimerspec at{};
  at.it_value.tv_sec = at_ns / kNsPerSecond;
  at.it_value.tv_nsec = at_ns % kNsPerSecond;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
}

}  // namespace simulated_card
