// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/pcm_device.hpp"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "producers/alsa/pcm_format.hpp"

namespace shm::programs {
namespace {

constexpr std::int64_t believable_ns = 2'000'000'000;

std::string why_not_opened(int error) {
  switch (-error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
      return fmt::format("there is no such device at present ({}); --list shows what there is",
                         snd_strerror(error));
    case EBUSY:
      return "another program is using it";
    case EACCES:
    case EPERM:
      return "permission denied; is the user in the group 'audio'?";
    default:
      return snd_strerror(error);
  }
}

snd_pcm_t* open_pcm(const std::string& device) {
  snd_pcm_t* pcm = nullptr;
  // Without what alsa-lib would convert silently: rates. Formats and channels are only converted by plug
  // devices, which the user asks for by name.
  const int error =
      snd_pcm_open(&pcm, device.c_str(), SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK | SND_PCM_NO_AUTO_RESAMPLE);
  if (error < 0) {
    throw AlsaError(error, fmt::format("cannot open capture device '{}': {}", device, why_not_opened(error)));
  }
  return pcm;
}

}  // namespace

std::int64_t monotonic_now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t first_frame_time(std::int64_t timestamp_ns, std::int64_t now_ns, std::int64_t delay,
                              unsigned rate, bool& has_timestamp) noexcept {
  has_timestamp = timestamp_ns > 0 && std::llabs(now_ns - timestamp_ns) < believable_ns;
  const std::int64_t at = has_timestamp ? timestamp_ns : now_ns;
  return at - std::max<std::int64_t>(0, delay) * 1'000'000'000 / rate;
}

PcmDevice::PcmDevice(const PcmRequest& request) : pcm_(open_pcm(request.device)) {
  snd_pcm_status_t* status = nullptr;
  check_alsa(snd_pcm_status_malloc(&status), "status of '" + request.device + "'");
  status_.reset(status);
  setup_ = negotiate(pcm_.get(), request);
}

PcmDevice::Look PcmDevice::look() const {
  Look look;
  look.error = snd_pcm_status(pcm_.get(), status_.get());
  if (look.error < 0) {
    look.state = state();
    return look;
  }
  look.state = snd_pcm_status_get_state(status_.get());
  look.available = snd_pcm_status_get_avail(status_.get());
  snd_htimestamp_t stamp{};
  snd_pcm_status_get_htstamp(status_.get(), &stamp);
  const std::int64_t stamped = std::int64_t{stamp.tv_sec} * 1'000'000'000 + stamp.tv_nsec;
  // The delay also counts frames that are still on their way through the hardware.
  const auto delay = static_cast<std::int64_t>(snd_pcm_status_get_delay(status_.get()));
  look.first_frame_ns = first_frame_time(stamped, monotonic_now(), delay, setup_.rate, look.has_timestamp);
  return look;
}

int PcmDevice::prepare_and_start() noexcept {
  const int prepared = snd_pcm_prepare(pcm_.get());
  return prepared < 0 ? prepared : snd_pcm_start(pcm_.get());
}

std::vector<pollfd> PcmDevice::descriptors() const {
  const int count = snd_pcm_poll_descriptors_count(pcm_.get());
  std::vector<pollfd> polled(static_cast<std::size_t>(std::max(0, count)));
  snd_pcm_poll_descriptors(pcm_.get(), polled.data(), static_cast<unsigned>(polled.size()));
  return polled;
}

unsigned short PcmDevice::revents(std::span<pollfd> polled) const noexcept {
  unsigned short events = 0;
  if (snd_pcm_poll_descriptors_revents(pcm_.get(), polled.data(), static_cast<unsigned>(polled.size()),
                                       &events) < 0) {
    return POLLERR;
  }
  return events;
}

}  // namespace shm::programs
