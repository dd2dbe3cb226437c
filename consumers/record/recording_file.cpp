// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/recording_file.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "common/program.hpp"
#include "consumers/record/raw_file.hpp"
#include "consumers/record/sound_file.hpp"

namespace shm::programs {
namespace {

enum class Kind { wav, flac, raw };

Kind kind_of(const std::string& path) {
  std::string extension = std::filesystem::path(path).extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".wav") return Kind::wav;
  if (extension == ".flac") return Kind::flac;
  if (extension == ".raw") return Kind::raw;
  throw UsageError("'" + path + "' must end in .wav, .flac or .raw, which says how to record");
}

SoundFile::Container container_of(Kind kind) {
  return kind == Kind::flac ? SoundFile::Container::flac : SoundFile::Container::wav;
}

}  // namespace

std::byte silence_byte(shm::SampleFormat format) noexcept {
  return format == shm::SampleFormat::U8 ? std::byte{0x80} : std::byte{0};
}

void check_recording(const std::string& path, const shm::AudioFormat& audio, bool overwrite) {
  const Kind kind = kind_of(path);
  if (kind != Kind::raw) SoundFile::check(path, container_of(kind), audio);
  std::error_code ignored;
  if (!overwrite && std::filesystem::exists(path, ignored)) throw_exists(path);
}

std::unique_ptr<RecordingFile> make_recording(const std::string& path, const shm::AudioFormat& audio,
                                              bool overwrite) {
  check_recording(path, audio, overwrite);
  const Kind kind = kind_of(path);
  if (kind == Kind::raw) return std::make_unique<RawFile>(path, audio, overwrite);
  return std::make_unique<SoundFile>(path, container_of(kind), audio, overwrite);
}

}  // namespace shm::programs
