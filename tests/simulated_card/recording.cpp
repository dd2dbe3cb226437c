// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/recording.hpp"

#include <sndfile.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace simulated_card {
namespace {

static_assert(std::endian::native == std::endian::little, "samples are delivered little-endian, as decoded");

struct Sample {
  snd_pcm_format_t format;
  unsigned bytes;
  int bits;  // integers of so many bits fit exactly
};
constexpr std::array<Sample, 4> kSamples{{{SND_PCM_FORMAT_S16_LE, 2, 16},
                                          {SND_PCM_FORMAT_S24_3LE, 3, 24},
                                          {SND_PCM_FORMAT_S32_LE, 4, 32},
                                          {SND_PCM_FORMAT_FLOAT_LE, 4, 24}}};

const Sample& sample_of(snd_pcm_format_t format) {
  for (const Sample& sample : kSamples) {
    if (sample.format == format) return sample;
  }
  throw std::invalid_argument("the format must be S16_LE, S24_3LE, S32_LE or FLOAT_LE");
}

// The bits of the file's integers; 0: float.
int integer_bits(int sndfile_format) {
  switch (sndfile_format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
      return 8;
    case SF_FORMAT_PCM_16:
      return 16;
    case SF_FORMAT_PCM_24:
      return 24;
    case SF_FORMAT_PCM_32:
      return 32;
    case SF_FORMAT_FLOAT:
      return 0;
    default:
      throw std::invalid_argument(
          "the recording is neither PCM nor 32-bit float: its samples would be rounded");
  }
}

snd_pcm_format_t own_format(int bits) {
  if (bits == 0) return SND_PCM_FORMAT_FLOAT_LE;
  if (bits <= 16) return SND_PCM_FORMAT_S16_LE;
  return bits == 24 ? SND_PCM_FORMAT_S24_3LE : SND_PCM_FORMAT_S32_LE;
}

std::vector<std::byte> decode(SNDFILE* file, const SF_INFO& info, const Sample& sample) {
  const auto samples = static_cast<std::size_t>(info.frames) * static_cast<std::size_t>(info.channels);
  std::vector<std::byte> bytes(samples * sample.bytes);
  if (sample.format == SND_PCM_FORMAT_FLOAT_LE) {
    std::vector<float> decoded(samples);
    if (sf_readf_float(file, decoded.data(), info.frames) != info.frames)
      throw std::runtime_error(sf_strerror(file));
    std::memcpy(bytes.data(), decoded.data(), bytes.size());
    return bytes;
  }
  std::vector<int> decoded(samples);
  if (sf_readf_int(file, decoded.data(), info.frames) != info.frames)
    throw std::runtime_error(sf_strerror(file));
  // libsndfile left-justifies integers in 32 bits: the upper bytes are the sample, the rest is zero.
  for (std::size_t i = 0; i < samples; ++i) {
    const auto* top = reinterpret_cast<const std::byte*>(&decoded[i]) + (sizeof(int) - sample.bytes);
    std::memcpy(bytes.data() + i * sample.bytes, top, sample.bytes);
  }
  return bytes;
}

std::vector<std::byte> repeat_mono(const std::vector<std::byte>& mono, std::size_t sample_bytes,
                                   unsigned channels) {
  std::vector<std::byte> bytes;
  bytes.reserve(mono.size() * channels);
  for (auto at = mono.begin(); at != mono.end(); at += static_cast<std::ptrdiff_t>(sample_bytes)) {
    for (unsigned channel = 0; channel < channels; ++channel) {
      bytes.insert(bytes.end(), at, at + static_cast<std::ptrdiff_t>(sample_bytes));
    }
  }
  return bytes;
}

Recording load_raw(const std::string& path, const RecordingFormat& wish) {
  if (wish.format == SND_PCM_FORMAT_UNKNOWN || wish.rate == 0 || wish.channels == 0) {
    throw std::invalid_argument(path + ": raw samples need format, rate and channels in the configuration");
  }
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) throw std::system_error(errno, std::generic_category(), path);
  const std::size_t frame_bytes = std::size_t{sample_of(wish.format).bytes} * wish.channels;
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.tellg()) / frame_bytes * frame_bytes);
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()))) {
    throw std::system_error(errno, std::generic_category(), path);
  }
  return Recording(wish, std::move(bytes));
}

}  // namespace

Recording::Recording(RecordingFormat format, std::vector<std::byte> bytes)
    : format_(format),
      sample_bytes_(sample_of(format.format).bytes),
      bytes_(std::move(bytes)),
      length_(format_.channels == 0 ? 0 : static_cast<std::int64_t>(bytes_.size() / frame_bytes())) {
  if (length_ == 0) throw std::invalid_argument("the recording has no frames");
}

std::vector<std::byte> Recording::frames(std::int64_t world, std::int64_t frames) const {
  std::vector<std::byte> bytes(static_cast<std::size_t>(frames) * frame_bytes());
  std::vector<snd_pcm_channel_area_t> areas(format_.channels);
  for (unsigned channel = 0; channel < format_.channels; ++channel) {
    areas[channel] = {bytes.data(), static_cast<unsigned>(channel * sample_bytes_ * 8),
                      static_cast<unsigned>(frame_bytes() * 8)};
  }
  copy(world, frames, areas.data(), 0);
  return bytes;
}

void Recording::copy(std::int64_t world, std::int64_t frames, const snd_pcm_channel_area_t* areas,
                     snd_pcm_uframes_t offset) const {
  for (unsigned channel = 0; channel < format_.channels; ++channel) {
    auto* to = static_cast<std::byte*>(areas[channel].addr) + areas[channel].first / 8 +
               offset * (areas[channel].step / 8);
    std::int64_t frame = world % length_;
    for (std::int64_t i = 0; i < frames; ++i) {
      std::memcpy(to,
                  bytes_.data() + static_cast<std::size_t>(frame) * frame_bytes() + channel * sample_bytes_,
                  sample_bytes_);
      to += areas[channel].step / 8;
      if (++frame == length_) frame = 0;
    }
  }
}

Recording load_recording(const std::string& path, RecordingFormat wish) {
  if (!std::filesystem::exists(path)) throw std::system_error(ENOENT, std::generic_category(), path);
  // libsndfile guesses some raw formats by extension; the configuration defines the format of a .raw file.
  if (std::filesystem::path(path).extension() == ".raw") return load_raw(path, wish);
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, int (*)(SNDFILE*)> file(sf_open(path.c_str(), SFM_READ, &info), sf_close);
  if (!file) {
    if (sf_error(nullptr) == SF_ERR_UNRECOGNISED_FORMAT) return load_raw(path, wish);
    throw std::runtime_error(path + ": " + sf_strerror(nullptr));
  }
  const int bits = integer_bits(info.format);
  const auto channels = static_cast<unsigned>(info.channels);
  if (wish.format == SND_PCM_FORMAT_UNKNOWN) wish.format = own_format(bits);
  if (wish.rate == 0) wish.rate = static_cast<unsigned>(info.samplerate);
  if (wish.channels == 0) wish.channels = channels;
  const Sample& sample = sample_of(wish.format);
  if (bits == 0 ? wish.format != SND_PCM_FORMAT_FLOAT_LE : bits > sample.bits) {
    throw std::invalid_argument(path + ": the format cannot hold the recording's samples exactly");
  }
  if (wish.channels != channels && channels != 1) {
    throw std::invalid_argument(path + ": only a mono recording can be heard on another number of channels");
  }
  std::vector<std::byte> bytes = decode(file.get(), info, sample);
  if (wish.channels != channels) bytes = repeat_mono(bytes, sample.bytes, wish.channels);
  return Recording(wish, std::move(bytes));
}

}  // namespace simulated_card
