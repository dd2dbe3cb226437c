// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/raw_file.hpp"

namespace shm::programs {

RawFile::RawFile(const std::string& path, const shm::AudioFormat& audio, bool overwrite)
    : file_(path, overwrite), audio_(audio), frame_bytes_(audio.frame_bytes()) {}

void RawFile::write(std::span<const std::byte> frames) {
  while (!frames.empty()) {
    const ssize_t written = ::write(file_.fd(), frames.data(), frames.size());
    if (written > 0) {
      bytes_ += static_cast<std::uint64_t>(written);
      frames = frames.subspan(static_cast<std::size_t>(written));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    const std::string why = written < 0 ? std::strerror(errno) : "nothing was taken";
    // A part of a frame would shift everything that is appended later.
    if (::ftruncate(file_.fd(), static_cast<::off_t>(this->frames() * frame_bytes_)) == 0) {
      bytes_ = this->frames() * frame_bytes_;
    }
    throw FileError(file_.path() + ": cannot write: " + why);
  }
}

void RawFile::close() {
  if (const int error = file_.close(); error != 0) {
    throw FileError(file_.path() + ": cannot complete it: " + std::strerror(error));
  }
}

std::string RawFile::container() const { return "raw " + std::string(shm::to_string(audio_.sample)); }

}  // namespace shm::programs
