// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/negotiation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>

#include "producers/alsa/pcm_format.hpp"

namespace shm::programs {
namespace {

struct FreeHardware {
  void operator()(snd_pcm_hw_params_t* params) const { snd_pcm_hw_params_free(params); }
};
struct FreeSoftware {
  void operator()(snd_pcm_sw_params_t* params) const { snd_pcm_sw_params_free(params); }
};
using Hardware = std::unique_ptr<snd_pcm_hw_params_t, FreeHardware>;
using Software = std::unique_ptr<snd_pcm_sw_params_t, FreeSoftware>;

Hardware new_hardware() {
  snd_pcm_hw_params_t* params = nullptr;
  check_alsa(snd_pcm_hw_params_malloc(&params), "hardware parameters");
  return Hardware(params);
}

Software new_software() {
  snd_pcm_sw_params_t* params = nullptr;
  check_alsa(snd_pcm_sw_params_malloc(&params), "software parameters");
  return Software(params);
}

std::string what_it_can(snd_pcm_t* pcm, snd_pcm_hw_params_t* hw) {
  std::string names;
  for (const SampleFormat format : preferred_formats) {
    if (snd_pcm_hw_params_test_format(pcm, hw, alsa_format(format)) == 0) {
      names += (names.empty() ? "" : ", ") + std::string(to_string(format));
    }
  }
  return names.empty() ? "none that can be stored" : names;
}

SampleFormat choose_format(snd_pcm_t* pcm, snd_pcm_hw_params_t* hw, const PcmRequest& request) {
  for (const SampleFormat format : request.formats) {
    if (snd_pcm_hw_params_set_format(pcm, hw, alsa_format(format)) == 0) return format;
  }
  std::string asked;
  for (const SampleFormat format : request.formats) {
    asked += (asked.empty() ? "" : ", ") + std::string(to_string(format));
  }
  throw CannotNegotiate(fmt::format("device '{}' cannot capture in the sample format {}; it offers: {}",
                                    request.device, asked, what_it_can(pcm, hw)));
}

unsigned choose_channels(snd_pcm_t* pcm, snd_pcm_hw_params_t* hw, const PcmRequest& request) {
  std::vector<unsigned> wishes{2, 1};
  if (request.channels) wishes = {*request.channels};
  for (const unsigned wish : wishes) {
    if (snd_pcm_hw_params_set_channels(pcm, hw, wish) == 0) return wish;
  }
  unsigned least = 0;
  unsigned most = 0;
  snd_pcm_hw_params_get_channels_min(hw, &least);
  snd_pcm_hw_params_get_channels_max(hw, &most);
  if (request.channels) {
    throw CannotNegotiate(
        fmt::format("device '{}' cannot capture {} channels; it offers {}", request.device, *request.channels,
                    least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most)));
  }
  unsigned channels = 2;
  check_alsa(snd_pcm_hw_params_set_channels_near(pcm, hw, &channels), "channels of '" + request.device + "'");
  return channels;
}

unsigned choose_rate(snd_pcm_t* pcm, snd_pcm_hw_params_t* hw, const PcmRequest& request) {
  // A plug device would silently convert to any rate; the header must have the rate of the hardware.
  snd_pcm_hw_params_set_rate_resample(pcm, hw, 0);
  unsigned rate = request.rate;
  int direction = 0;
  check_alsa(snd_pcm_hw_params_set_rate_near(pcm, hw, &rate, &direction), "rate of '" + request.device + "'");
  check_alsa(snd_pcm_hw_params_get_rate(hw, &rate, &direction), "rate of '" + request.device + "'");
  if (request.exact_rate && rate != request.rate) {
    throw CannotNegotiate(
        fmt::format("device '{}' captures at {} Hz now, not at {} Hz", request.device, rate, request.rate));
  }
  return rate;
}

void choose_buffers(snd_pcm_t* pcm, snd_pcm_hw_params_t* hw, const PcmRequest& request, PcmSetup& setup) {
  const std::string where = "buffer of '" + request.device + "'";
  int direction = 0;
  setup.period =
      std::max<snd_pcm_uframes_t>(1, snd_pcm_uframes_t{setup.rate} * request.period_us / 1'000'000);
  setup.buffer = snd_pcm_uframes_t{setup.rate} * request.buffer_us / 1'000'000;
  check_alsa(snd_pcm_hw_params_set_period_size_near(pcm, hw, &setup.period, &direction), where);
  check_alsa(snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &setup.buffer), where);
  check_alsa(snd_pcm_hw_params(pcm, hw), "parameters of '" + request.device + "'");
  check_alsa(snd_pcm_hw_params_get_period_size(hw, &setup.period, &direction), where);
  check_alsa(snd_pcm_hw_params_get_buffer_size(hw, &setup.buffer), where);
  if (setup.period * 2 > setup.buffer) {
    throw CannotNegotiate(
        fmt::format("device '{}' gives a buffer of {} frames for periods of {}: there must be two at "
                    "least, so that one fills while the other is read",
                    request.device, setup.buffer, setup.period));
  }
}

void set_software(snd_pcm_t* pcm, const PcmRequest& request, const PcmSetup& setup) {
  const std::string where = "software parameters of '" + request.device + "'";
  const Software sw = new_software();
  check_alsa(snd_pcm_sw_params_current(pcm, sw.get()), where);
  check_alsa(snd_pcm_sw_params_set_avail_min(pcm, sw.get(), setup.period), where);
  // Above the buffer: only snd_pcm_start() starts, so that no read starts a device by accident.
  check_alsa(snd_pcm_sw_params_set_start_threshold(pcm, sw.get(), setup.buffer + 1), where);
  check_alsa(snd_pcm_sw_params_set_stop_threshold(pcm, sw.get(), setup.buffer), where);
  check_alsa(snd_pcm_sw_params_set_tstamp_mode(pcm, sw.get(), SND_PCM_TSTAMP_ENABLE), where);
  // If the kernel refuses it, the time stamps fail their check against the clock, and the clock is used
  // instead.
  snd_pcm_sw_params_set_tstamp_type(pcm, sw.get(), SND_PCM_TSTAMP_TYPE_MONOTONIC);
  check_alsa(snd_pcm_sw_params(pcm, sw.get()), where);
}

}  // namespace

PcmSetup negotiate(snd_pcm_t* pcm, const PcmRequest& request) {
  const Hardware hw = new_hardware();
  check_alsa(snd_pcm_hw_params_any(pcm, hw.get()),
             "device '" + request.device + "' has no usable configuration");
  if (snd_pcm_hw_params_set_access(pcm, hw.get(), SND_PCM_ACCESS_RW_INTERLEAVED) < 0) {
    throw CannotNegotiate(fmt::format("device '{}' cannot deliver interleaved frames; try plug:{}",
                                      request.device, request.device));
  }
  PcmSetup setup;
  setup.format = choose_format(pcm, hw.get(), request);
  setup.channels = choose_channels(pcm, hw.get(), request);
  setup.rate = choose_rate(pcm, hw.get(), request);
  choose_buffers(pcm, hw.get(), request, setup);
  set_software(pcm, request, setup);
  return setup;
}

}  // namespace shm::programs
