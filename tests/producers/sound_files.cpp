// SPDX-License-Identifier: Apache-2.0
#include "sound_files.hpp"

#include <sndfile.h>

#include <bit>
#include <cstring>
#include <stdexcept>

namespace shm::test {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, T value, std::size_t count = sizeof(T)) {
  std::byte raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof value);
  bytes.insert(bytes.end(), raw, raw + count);
}

}  // namespace

MadeFile make_sound_file(const std::filesystem::path& directory, int sndfile_format, int rate, int channels,
                         std::size_t frames) {
  SF_INFO info{};
  info.format = sndfile_format;
  info.samplerate = rate;
  info.channels = channels;
  MadeFile made{directory / "sound", SampleFormat::S16_LE, {}};
  SNDFILE* file = ::sf_open(made.path.c_str(), SFM_WRITE, &info);
  if (file == nullptr) throw std::runtime_error(::sf_strerror(nullptr));
  const std::size_t samples = frames * static_cast<std::size_t>(channels);
  std::vector<std::int32_t> wide(samples);
  std::uint32_t state = 99;
  for (std::int32_t& sample : wide) {
    state = state * 1664525U + 1013904223U;
    sample = std::bit_cast<std::int32_t>(state);
  }
  std::vector<float> floats;
  std::vector<double> doubles;
  for (const std::int32_t sample : wide) {
    const auto bits = std::bit_cast<std::uint32_t>(sample);
    floats.push_back(static_cast<float>(sample) / 2147483648.0F);
    doubles.push_back(static_cast<double>(sample) / 2147483648.0 / 3.0);
    switch (sndfile_format & SF_FORMAT_SUBMASK) {
      case SF_FORMAT_PCM_U8:
        made.sample = SampleFormat::U8;
        put(made.frames, static_cast<std::uint8_t>((bits >> 24) ^ 0x80U));
        break;
      case SF_FORMAT_PCM_16:
        put(made.frames, static_cast<std::uint16_t>(bits >> 16));
        break;
      case SF_FORMAT_PCM_24:
        made.sample = SampleFormat::S24_3LE;
        put(made.frames, bits >> 8, 3);
        break;
      case SF_FORMAT_PCM_32:
        made.sample = SampleFormat::S32_LE;
        put(made.frames, bits);
        break;
      case SF_FORMAT_FLOAT:
        made.sample = SampleFormat::FLOAT_LE;
        put(made.frames, floats.back());
        break;
      case SF_FORMAT_DOUBLE:
        made.sample = SampleFormat::FLOAT64_LE;
        put(made.frames, doubles.back());
        break;
      default:
        throw std::runtime_error("a format that the tests do not make");
    }
  }
  const auto count = static_cast<sf_count_t>(frames);
  const bool is_float = made.sample == SampleFormat::FLOAT_LE;
  const sf_count_t wrote = is_float ? ::sf_writef_float(file, floats.data(), count)
                           : made.sample == SampleFormat::FLOAT64_LE
                               ? ::sf_writef_double(file, doubles.data(), count)
                               : ::sf_writef_int(file, wide.data(), count);
  if (wrote != count || ::sf_close(file) != 0) throw std::runtime_error("could not write the sound file");
  return made;
}

}  // namespace shm::test
