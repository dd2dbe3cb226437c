// SPDX-License-Identifier: Apache-2.0

// A recording in a WAV (RF64 when it grows beyond 4 GiB) or FLAC file, written by libsndfile.
#pragma once

#include <memory>
#include <vector>

#include "consumers/record/file_handle.hpp"
#include "consumers/record/recording_file.hpp"

// As in sndfile.h, which stays inside sound_file.cpp.
struct sf_private_tag;

namespace shm::programs {

class SoundFile : public RecordingFile {
 public:
  enum class Container { wav, flac };

  /// @throws FileError  the container does not hold such frames.
  static void check(const std::string& path, Container container, const shm::AudioFormat& audio);

  SoundFile(const std::string& path, Container container, const shm::AudioFormat& audio, bool overwrite);

  /// WAV: a broadcast extension (bext, EBU Tech 3285), whose time reference counts frames since midnight UTC;
  /// FLAC: a DATE comment.
  void begin_at(std::int64_t realtime_ns) override;
  void write(std::span<const std::byte> frames) override;
  void close() override;
  [[nodiscard]] std::uint64_t frames() const noexcept override { return frames_; }
  [[nodiscard]] std::string container() const override;

 private:
  struct Closer {
    void operator()(sf_private_tag* file) const noexcept;
  };

  std::int64_t write_as_is(std::span<const std::byte> frames);
  std::int64_t write_converted(std::span<const std::byte> frames);

  FileHandle handle_;
  Container container_;
  shm::AudioFormat audio_;
  std::unique_ptr<sf_private_tag, Closer> file_;
  std::vector<int> converted_;
  std::uint64_t frames_ = 0;
};

}  // namespace shm::programs
