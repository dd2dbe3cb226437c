// SPDX-License-Identifier: Apache-2.0
#include "producers/file/sound_file.hpp"

#include <fmt/format.h>
#include <sndfile.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>
#include <vector>

namespace shm::programs {
namespace {

constexpr int highest_rate = 10'000'000;  // as for --rate

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw std::runtime_error(fmt::format("cannot play '{}': {}", path, why));
}

/// libsndfile's own text for a missing file is "System error."; this text has the reason.
void must_be_readable(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) fail(path, std::strerror(errno));
  if (S_ISDIR(found.st_mode)) fail(path, "it is a directory");
}

SampleFormat exact_format(int sndfile_format) {
  switch (sndfile_format & SF_FORMAT_SUBMASK) {
    case SF_FORMAT_PCM_S8:
    case SF_FORMAT_PCM_U8:
      return SampleFormat::U8;
    case SF_FORMAT_PCM_24:
      return SampleFormat::S24_3LE;
    case SF_FORMAT_PCM_32:
      return SampleFormat::S32_LE;
    case SF_FORMAT_DOUBLE:
      return SampleFormat::FLOAT64_LE;
    case SF_FORMAT_PCM_16:
    case SF_FORMAT_ULAW:
    case SF_FORMAT_ALAW:
    case SF_FORMAT_IMA_ADPCM:
    case SF_FORMAT_MS_ADPCM:
    case SF_FORMAT_GSM610:
      return SampleFormat::S16_LE;
    default:
      return SampleFormat::FLOAT_LE;
  }
}

class DecodedFile final : public SoundFileReader {
 public:
  explicit DecodedFile(const std::string& path) : path_(path) {
    must_be_readable(path);
    SF_INFO info{};
    file_.reset(::sf_open(path.c_str(), SFM_READ, &info));
    if (!file_) fail(path, ::sf_strerror(nullptr));
    if (info.frames <= 0) fail(path, "it holds no sound");
    // A damaged header may have any rate, and the size of a stream follows from its rate.
    if (info.samplerate > highest_rate)
      fail(path, fmt::format("it says {} frames per second", info.samplerate));
    audio_.sample = exact_format(info.format);
    audio_.channels = static_cast<unsigned>(info.channels);
    audio_.rate = info.samplerate;
    audio_.device = path;
  }

  [[nodiscard]] const AudioFormat& audio() const override { return audio_; }

  std::uint64_t read(std::span<std::byte> to, std::uint64_t frames) override {
    const auto wanted = static_cast<sf_count_t>(frames);
    const sf_count_t got = read_frames(to, wanted);
    if (got < wanted && ::sf_error(file_.get()) != SF_ERR_NO_ERROR) fail(path_, ::sf_strerror(file_.get()));
    return static_cast<std::uint64_t>(std::max<sf_count_t>(0, got));
  }

  void rewind() override {
    if (::sf_seek(file_.get(), 0, SEEK_SET) != 0) fail(path_, "it cannot be rewound");
  }

 private:
  sf_count_t read_frames(std::span<std::byte> to, sf_count_t frames) {
    SNDFILE* file = file_.get();
    switch (audio_.sample) {
      case SampleFormat::S16_LE:
        return ::sf_readf_short(file, reinterpret_cast<short*>(to.data()), frames);
      case SampleFormat::S32_LE:
        return ::sf_readf_int(file, reinterpret_cast<int*>(to.data()), frames);
      case SampleFormat::FLOAT_LE:
        return ::sf_readf_float(file, reinterpret_cast<float*>(to.data()), frames);
      case SampleFormat::FLOAT64_LE:
        return ::sf_readf_double(file, reinterpret_cast<double*>(to.data()), frames);
      default:
        return read_narrow(to, frames);
    }
  }

  /// 8 and 24 bits come as the high part of an int.
  sf_count_t read_narrow(std::span<std::byte> to, sf_count_t frames) {
    wide_.resize(static_cast<std::size_t>(frames) * audio_.channels);
    const sf_count_t got = ::sf_readf_int(file_.get(), wide_.data(), frames);
    const std::size_t samples = static_cast<std::size_t>(std::max<sf_count_t>(0, got)) * audio_.channels;
    std::byte* at = to.data();
    for (std::size_t i = 0; i < samples; ++i) {
      const auto bits = static_cast<std::uint32_t>(wide_[i]);
      if (audio_.sample == SampleFormat::U8) {
        *at++ = static_cast<std::byte>((bits >> 24) ^ 0x80U);
      } else {
        for (const unsigned shift : {8U, 16U, 24U}) *at++ = static_cast<std::byte>((bits >> shift) & 0xffU);
      }
    }
    return got;
  }

  struct Close {
    void operator()(SNDFILE* file) const { ::sf_close(file); }
  };
  std::string path_;
  std::unique_ptr<SNDFILE, Close> file_;
  AudioFormat audio_;
  std::vector<int> wide_;
};

class RawFile final : public SoundFileReader {
 public:
  RawFile(const std::string& path, AudioFormat audio) : path_(path), audio_(std::move(audio)) {
    must_be_readable(path);
    file_.reset(std::fopen(path.c_str(), "rbe"));
    if (!file_) fail(path, std::strerror(errno));
    audio_.device = path;
    std::vector<std::byte> one(audio_.frame_bytes());
    if (read(one, 1) == 0) fail(path, "it holds no whole frame");
    rewind();
  }

  [[nodiscard]] const AudioFormat& audio() const override { return audio_; }

  std::uint64_t read(std::span<std::byte> to, std::uint64_t frames) override {
    // An incomplete frame at the end of the file is not played.
    const std::size_t got = std::fread(to.data(), audio_.frame_bytes(), frames, file_.get());
    if (got < frames && std::ferror(file_.get()) != 0) fail(path_, std::strerror(errno));
    return got;
  }

  void rewind() override {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0) fail(path_, "it cannot be rewound");
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string path_;
  AudioFormat audio_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace

std::unique_ptr<SoundFileReader> open_sound_file(const std::string& path) {
  return std::make_unique<DecodedFile>(path);
}

std::unique_ptr<SoundFileReader> open_raw_file(const std::string& path, const AudioFormat& audio) {
  return std::make_unique<RawFile>(path, audio);
}

}  // namespace shm::programs
