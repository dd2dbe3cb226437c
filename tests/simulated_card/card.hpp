// SPDX-License-Identifier: Apache-2.0

// Card: one open of the simulated card, as the callbacks of an ALSA ioplug see it. plugin.cpp ties it to
// alsa-lib.
//
// Every callback begins with advance(): take the faults that were requested, and bring the capture position
// to where the clock has it. Nothing runs in between (no thread, no signal), so the card acts only in
// callbacks, but with the times at which the events happened. The functions return 0 or a negative errno, as
// the callbacks do.
//
// Positions count captured frames since the start. alsa-lib has them only modulo the buffer, so an overrun
// must be detected here, before a position goes once around the buffer.
//
// One thread at a time, which alsa-lib ensures for all callbacks except poll_revents: a program that polls in
// one thread and reads in another must take turns.
#pragma once

#include <alsa/asoundlib.h>
// After asoundlib.h, which declares the types that it uses.
#include <alsa/pcm_external.h>

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "simulated_card/card_clock.hpp"
#include "simulated_card/card_state.hpp"
#include "simulated_card/delivery.hpp"
#include "simulated_card/recording.hpp"
#include "simulated_card/truth_log.hpp"

namespace simulated_card {

class Card {
 public:
  struct Options {
    std::filesystem::path state;
    std::optional<std::int64_t> epoch_ns;  ///< empty: as in the state, or now if this is the first open
  };

  /// Throws std::system_error: ENODEV while unplugged, EBUSY while another open has the card.
  Card(const Options& options, Recording recording);
  ~Card();
  Card(const Card&) = delete;
  Card& operator=(const Card&) = delete;

  /// Given to snd_pcm_ioplug_create(); alsa-lib reads and writes it from then on.
  snd_pcm_ioplug_t io{};

  [[nodiscard]] const Recording& recording() const { return recording_; }

  int hw_params() const;
  int sw_params(snd_pcm_sw_params_t* params);
  int prepare();
  int start();
  int stop();
  int resume();
  [[nodiscard]] snd_pcm_sframes_t pointer();
  snd_pcm_sframes_t transfer(const snd_pcm_channel_area_t* areas, snd_pcm_uframes_t offset,
                             snd_pcm_uframes_t size);
  int poll_revents(unsigned short* revents);

 private:
  void adopt_state(const Options& options);
  void advance(std::int64_t now);
  void take_faults(std::int64_t now);
  void suspend(const Fault& fault);
  void unplug();
  void stall(const Fault& fault);
  void overrun(std::int64_t now, bool injected);
  void log_fault(const Fault& fault, nlohmann::ordered_json details = {});

  [[nodiscard]] bool running() const { return run_ != 0 && io.state == SND_PCM_STATE_RUNNING; }
  [[nodiscard]] int error_of_state() const;
  [[nodiscard]] std::int64_t read_position() const;
  void mark_delivered(std::int64_t position);
  void end_range(std::string_view cause);
  void end_run(std::string_view cause);
  void schedule_wake(std::int64_t now);
  void set_timer(std::int64_t at_ns);

  Recording recording_;
  CardState state_;
  std::optional<CardLock> lock_;  // given up when unplugged: the card that is plugged in again is another one
  TruthLog log_;
  FileDescriptor timer_;
  CardClock clock_;

  std::int64_t avail_min_ = 1;
  std::int64_t stop_threshold_ = 0;
  bool explicit_start_only_ = false;  // start_threshold is above the buffer
  bool can_resume_ = true;

  std::int64_t run_ = 0;  // 0: not capturing
  Delivery delivery_;
  std::int64_t captured_ = 0;   // position of the card
  std::int64_t reported_ = 0;   // position that was reported to alsa-lib
  std::int64_t delivered_ = 0;  // position below which the truth counts frames as delivered
  // The world frame at which a requested overrun is complete; until then the program is kept from reading.
  std::optional<std::int64_t> overrun_at_;
};

}  // namespace simulated_card
