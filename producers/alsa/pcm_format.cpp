// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/pcm_format.hpp"

namespace shm::programs {

snd_pcm_format_t alsa_format(SampleFormat format) noexcept {
  switch (format) {
    case SampleFormat::U8:
      return SND_PCM_FORMAT_U8;
    case SampleFormat::S16_LE:
      return SND_PCM_FORMAT_S16_LE;
    case SampleFormat::S24_3LE:
      return SND_PCM_FORMAT_S24_3LE;
    case SampleFormat::S24_LE:
      return SND_PCM_FORMAT_S24_LE;
    case SampleFormat::S32_LE:
      return SND_PCM_FORMAT_S32_LE;
    case SampleFormat::FLOAT_LE:
      return SND_PCM_FORMAT_FLOAT_LE;
    case SampleFormat::FLOAT64_LE:
      return SND_PCM_FORMAT_FLOAT64_LE;
  }
  return SND_PCM_FORMAT_UNKNOWN;
}

int check_alsa(int result, const std::string& what) {
  if (result < 0) throw AlsaError(result, what + ": " + snd_strerror(result));
  return result;
}

}  // namespace shm::programs
