// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/sound_file.hpp"

#include <sndfile.h>

#include <cmath>

#include "shm/time/time_text.hpp"

namespace shm::programs {
namespace {

using shm::SampleFormat;
using Container = SoundFile::Container;

/// libsndfile's constant for samples of this format in the container; 0 if it does not hold them bit for bit.
int encoding(Container container, SampleFormat format) {
  const bool flac = container == Container::flac;
  switch (format) {
    case SampleFormat::U8:
      return flac ? SF_FORMAT_PCM_S8 : SF_FORMAT_PCM_U8;  // FLAC has signed samples only: the same, less 128
    case SampleFormat::S16_LE:
      return SF_FORMAT_PCM_16;
    case SampleFormat::S24_3LE:
    case SampleFormat::S24_LE:
      return SF_FORMAT_PCM_24;
    case SampleFormat::S32_LE:
      return flac ? 0 : SF_FORMAT_PCM_32;
    case SampleFormat::FLOAT_LE:
      return flac ? 0 : SF_FORMAT_FLOAT;
    case SampleFormat::FLOAT64_LE:
      return flac ? 0 : SF_FORMAT_DOUBLE;
  }
  return 0;
}

SF_INFO describe(const std::string& path, Container container, const shm::AudioFormat& audio) {
  SF_INFO info{};
  info.samplerate = static_cast<int>(std::lround(audio.rate));
  info.channels = static_cast<int>(audio.channels);
  const int samples = encoding(container, audio.sample);
  if (samples == 0) {
    throw FileError(path + ": FLAC holds integers of up to 24 bits, not " +
                    std::string(shm::to_string(audio.sample)) + "; record to .wav or .raw");
  }
  info.format = (container == Container::flac ? SF_FORMAT_FLAC : SF_FORMAT_RF64) | samples;
  if (sf_format_check(&info) == 0) {
    throw FileError(path + ": the file format does not take " + std::to_string(audio.channels) +
                    " channels of " + std::string(shm::to_string(audio.sample)) + " at " +
                    std::to_string(info.samplerate) + " Hz; record to .wav or .raw");
  }
  return info;
}

/// The sample in the high bits of an int, which libsndfile shifts back into the file's width without
/// rounding.
int high_bits(SampleFormat format, const std::byte* sample) {
  std::uint32_t bits = 0;
  switch (format) {
    case SampleFormat::U8:
      return static_cast<int>((std::to_integer<std::uint32_t>(*sample) ^ 0x80U) << 24U);
    case SampleFormat::S16_LE:
      std::memcpy(&bits, sample, 2);
      return static_cast<int>(bits << 16U);
    default:  // S24: the low three bytes, of three or of four
      std::memcpy(&bits, sample, 3);
      return static_cast<int>(bits << 8U);
  }
}

}  // namespace

void SoundFile::Closer::operator()(sf_private_tag* file) const noexcept { sf_close(file); }

void SoundFile::check(const std::string& path, Container container, const shm::AudioFormat& audio) {
  static_cast<void>(describe(path, container, audio));
}

SoundFile::SoundFile(const std::string& path, Container container, const shm::AudioFormat& audio,
                     bool overwrite)
    : handle_(path, overwrite), container_(container), audio_(audio) {
  SF_INFO info = describe(path, container, audio);
  file_.reset(sf_open_fd(handle_.fd(), SFM_WRITE, &info, SF_FALSE));
  if (!file_) {
    const std::string why = sf_strerror(nullptr);
    handle_.discard();
    throw FileError(path + ": cannot record to it: " + why);
  }
  if (container == Container::flac) return;
  // RF64 that is a plain WAV below 4 GiB, with a header that is right after every write: tried, also beyond 4
  // GiB, with SIGKILL. Both must be set before anything is written.
  sf_command(file_.get(), SFC_RF64_AUTO_DOWNGRADE, nullptr, SF_TRUE);
  sf_command(file_.get(), SFC_SET_UPDATE_HEADER_AUTO, nullptr, SF_TRUE);
  sf_command(file_.get(), SFC_SET_ADD_PEAK_CHUNK, nullptr,
             SF_FALSE);  // it would miss samples that are written as they are
  sf_command(file_.get(), SFC_UPDATE_HEADER_NOW, nullptr, 0);
}

std::string SoundFile::container() const {
  return (container_ == Container::flac ? "FLAC " : "WAV ") + std::string(shm::to_string(audio_.sample));
}

void SoundFile::begin_at(std::int64_t realtime_ns) {
  const std::string time = shm::iso_time(realtime_ns);  // 2026-11-21T14:03:00.250000000Z
  if (container_ == Container::flac) {
    sf_set_string(file_.get(), SF_STR_DATE, time.c_str());
    return;
  }
  constexpr std::int64_t day_ns = std::int64_t{86400} * 1'000'000'000;
  const auto since_midnight = static_cast<long double>(realtime_ns % day_ns) / 1e9L;
  const auto frames = static_cast<std::uint64_t>(since_midnight * static_cast<long double>(audio_.rate));
  SF_BROADCAST_INFO info{};
  time.copy(info.origination_date, sizeof info.origination_date);      // yyyy-mm-dd
  time.copy(info.origination_time, sizeof info.origination_time, 11);  // hh:mm:ss
  const std::string about = "first frame captured at " + time;
  about.copy(info.description, sizeof info.description - 1);
  info.time_reference_low = static_cast<std::uint32_t>(frames);
  info.time_reference_high = static_cast<std::uint32_t>(frames >> 32U);
  info.version = 1;
  if (sf_command(file_.get(), SFC_SET_BROADCAST_INFO, &info, sizeof info) == SF_FALSE) {
    throw FileError(handle_.path() + ": cannot write when it begins: " + sf_strerror(file_.get()));
  }
}

/// WAV holds these samples byte for byte as the stream does.
std::int64_t SoundFile::write_as_is(std::span<const std::byte> frames) {
  const sf_count_t written = sf_write_raw(file_.get(), frames.data(), static_cast<sf_count_t>(frames.size()));
  return written / static_cast<sf_count_t>(audio_.frame_bytes());
}

std::int64_t SoundFile::write_converted(std::span<const std::byte> frames) {
  const std::size_t bytes = shm::sample_bytes(audio_.sample);
  converted_.resize(frames.size() / bytes);
  for (std::size_t i = 0; i < converted_.size(); ++i) {
    converted_[i] = high_bits(audio_.sample, frames.data() + i * bytes);
  }
  return sf_writef_int(file_.get(), converted_.data(),
                       static_cast<sf_count_t>(frames.size() / audio_.frame_bytes()));
}

void SoundFile::write(std::span<const std::byte> frames) {
  const bool same_bytes = container_ == Container::wav && audio_.sample != SampleFormat::S24_LE;
  const std::int64_t written = same_bytes ? write_as_is(frames) : write_converted(frames);
  if (written > 0) frames_ += static_cast<std::uint64_t>(written);
  const auto wanted = static_cast<std::int64_t>(frames.size() / audio_.frame_bytes());
  if (written == wanted) return;
  std::string why = sf_strerror(file_.get());
  throw FileError(handle_.path() + ": cannot write: " + why);
}

void SoundFile::close() {
  if (!file_) return;
  const int failed = sf_close(file_.release());
  const int error = handle_.close();
  if (failed == 0 && error == 0) return;
  throw FileError(handle_.path() +
                  ": cannot complete it: " + (failed != 0 ? sf_error_number(failed) : std::strerror(error)));
}

}  // namespace shm::programs
