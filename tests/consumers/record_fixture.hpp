// SPDX-License-Identifier: Apache-2.0

// Shared parts of the recorder's tests: a directory with a stream of audio, and the program recording it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "audio_stream.hpp"
#include "sound_reading.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm::test {

class ShmRecord : public ::testing::Test {
 protected:
  [[nodiscard]] std::string file(const std::string& name) const { return (directory.path() / name).string(); }

  /// The command, with a summary in JSON at its end.
  static std::vector<std::string> command(const std::string& stream, const std::string& path,
                                          const std::vector<std::string>& options = {}) {
    std::vector<std::string> all{SHM_PROGRAM_shm_record, stream, path, "--json"};
    all.insert(all.end(), options.begin(), options.end());
    return all;
  }

  static nlohmann::json summary_of(const Finished& finished) {
    const auto parsed = nlohmann::json::parse(finished.out, nullptr, false);
    EXPECT_FALSE(parsed.is_discarded()) << finished.out << finished.err;
    return parsed;
  }

  static std::vector<std::byte> concat(std::vector<std::byte> a, const std::vector<std::byte>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  TestDirectory directory;
  AudioFormat stereo{SampleFormat::S16_LE, 2, 48000, "test"};
};

}  // namespace shm::test
