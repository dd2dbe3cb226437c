// SPDX-License-Identifier: Apache-2.0

// A file that frames of one audio format are appended to, bit for bit. The container follows from the name:
//
//   .wav    WAV; from 4 GiB on RF64. Valid after every write: a recorder that is killed leaves a readable file.
//   .flac   FLAC, for U8, S16 and S24. If the recorder is killed, the file lacks at most the last block (4096
//           frames) and the total length.
//   .raw    The frames as they are in the stream, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include "shm/audio/audio.hpp"

namespace shm::programs {

/// The file could not be made, written or completed; what() names the step and the reason.
class FileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class RecordingFile {
 public:
  virtual ~RecordingFile() = default;
  RecordingFile() = default;
  RecordingFile(const RecordingFile&) = delete;
  RecordingFile& operator=(const RecordingFile&) = delete;

  /// Before the first frame is written: when it was captured, in nanoseconds since 1970. Kept in the file
  /// where it has a place for it. @throws FileError.
  virtual void begin_at(std::int64_t /*realtime_ns*/) {}
  /// Appends whole frames. @throws FileError; frames() is how many are in the file all the same.
  virtual void write(std::span<const std::byte> frames) = 0;
  /// Completes the file. Nothing may follow. @throws FileError.
  virtual void close() = 0;
  [[nodiscard]] virtual std::uint64_t frames() const noexcept = 0;
  [[nodiscard]] virtual std::string container() const = 0;  ///< "WAV S16", ...
};

/// All checks that need no access to the file's contents. @throws UsageError: the name has another extension;
/// FileError: the container does not hold the format, or the file exists and is not to be overwritten.
void check_recording(const std::string& path, const shm::AudioFormat& audio, bool overwrite);

/// @throws as check_recording; FileError: it cannot be made.
[[nodiscard]] std::unique_ptr<RecordingFile> make_recording(const std::string& path,
                                                            const shm::AudioFormat& audio, bool overwrite);

/// A sample of silence: all zeros, but for unsigned formats.
[[nodiscard]] std::byte silence_byte(shm::SampleFormat format) noexcept;

}  // namespace shm::programs
