// SPDX-License-Identifier: Apache-2.0

// A recording of the frames' bytes alone.
#pragma once

#include "consumers/record/file_handle.hpp"
#include "consumers/record/recording_file.hpp"

namespace shm::programs {

class RawFile : public RecordingFile {
 public:
  RawFile(const std::string& path, const shm::AudioFormat& audio, bool overwrite);

  void write(std::span<const std::byte> frames) override;
  void close() override;
  [[nodiscard]] std::uint64_t frames() const noexcept override { return bytes_ / frame_bytes_; }
  [[nodiscard]] std::string container() const override;

 private:
  FileHandle file_;
  shm::AudioFormat audio_;
  std::uint64_t frame_bytes_;
  std::uint64_t bytes_ = 0;
};

}  // namespace shm::programs
