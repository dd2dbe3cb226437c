// SPDX-License-Identifier: Apache-2.0

// The part of Card that carries out faults on request.
#include <algorithm>
#include <string>

#include "simulated_card/card.hpp"

namespace simulated_card {
namespace {

void raise_to(std::atomic<std::int64_t>& value, std::int64_t at_least) {
  value.store(std::max(value.load(), at_least));
}

}  // namespace

void Card::take_faults(std::int64_t now) {
  // Without the lock this open has been unplugged: the faults are for the card that is plugged in next.
  while (lock_) {
    const std::optional<Fault> fault = state_.take();
    if (!fault) return;
    switch (fault->kind) {
      case FaultKind::overrun:
        raise_to(state_.waiting_overrun(), fault->frames + 1);
        log_fault(*fault, {{"frames", fault->frames}});
        break;
      case FaultKind::suspend:
        raise_to(state_.suspended_until(), fault->until_ns());
        log_fault(*fault, {{"until", fault->until_ns()}, {"resume", fault->can_resume}});
        suspend(*fault);
        break;
      case FaultKind::unplug:
        raise_to(state_.unplugged_until(), fault->until_ns());
        log_fault(*fault, {{"until", fault->until_ns()}});
        // While the card is being opened no program has it yet: it is absent only if the time has not passed.
        if (io.state != SND_PCM_STATE_OPEN || state_.holder().load() != 0) unplug();
        break;
      case FaultKind::stall:
        raise_to(state_.stalled_until(), fault->until_ns());
        stall(*fault);
        break;
    }
    schedule_wake(now);
  }
}

void Card::suspend(const Fault& fault) {
  can_resume_ = fault.can_resume;
  if (io.state == SND_PCM_STATE_OPEN || io.state == SND_PCM_STATE_SETUP) return;
  end_run("suspend");
  snd_pcm_ioplug_set_state(&io, SND_PCM_STATE_SUSPENDED);
}

void Card::unplug() {
  end_run("unplug");
  snd_pcm_ioplug_set_state(&io, SND_PCM_STATE_DISCONNECTED);
  state_.holder().store(0);
  lock_.reset();
}

// The frames of the stall are lost, as on a device that stops and continues: its buffer continues at the same
// position, with later sound. A program cannot see the loss in the stream, only in its time.
void Card::stall(const Fault& fault) {
  std::optional<WorldRange> lost;
  if (running()) {
    lost = delivery_.lose(clock_.world_frame_at(fault.requested_ns), clock_.world_frame_at(fault.until_ns()),
                          captured_);
  }
  nlohmann::ordered_json details{{"until", fault.until_ns()}};
  if (lost) {
    details["from"] = lost->from;
    details["to"] = lost->to;
  }
  log_fault(fault, std::move(details));
}

void Card::overrun(std::int64_t now, bool injected) {
  const std::int64_t run = run_;
  const std::int64_t from = delivery_.chunk(read_position(), 1).from;
  const std::int64_t to = std::max(from, clock_.world_frame_at(now));
  end_run("overrun");
  log_.append(
      {{"event", "overrun"}, {"ns", now}, {"run", run}, {"from", from}, {"to", to}, {"injected", injected}});
  snd_pcm_ioplug_set_state(&io, SND_PCM_STATE_XRUN);
  schedule_wake(now);
}

void Card::log_fault(const Fault& fault, nlohmann::ordered_json details) {
  nlohmann::ordered_json line{{"event", "fault"},
                              {"fault", std::string(name_of(fault.kind))},
                              {"requested_ns", fault.requested_ns},
                              {"run", run_}};
  line.update(details);
  log_.append(line);
}

}  // namespace simulated_card
