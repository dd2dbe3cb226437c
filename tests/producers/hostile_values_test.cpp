// SPDX-License-Identifier: Apache-2.0

// Senseless values in files, marks and options: refused or skipped, and never used as a size or a time.
#include <gtest/gtest.h>
#include <sndfile.h>

#include <fstream>
#include <limits>

#include "common/audio_stream.hpp"
#include "producers/alsa/options.hpp"
#include "producers/file/player.hpp"
#include "producers/file/sound_file.hpp"
#include "producers/sound_files.hpp"
#include "support/raw_file.hpp"
#include "support/test_directory.hpp"

namespace shm::programs {
namespace {

using Kind = CaptureMark::Kind;

TEST(DueByMarksHostile, IsEmptyForTimesThatNoClockHas) {
  for (const std::int64_t time :
       {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
    const std::array<CaptureMark, 1> marks{{{0, 480, time, Kind::block}}};
    EXPECT_FALSE(due_by_marks(marks, 480, 48000).has_value());
    EXPECT_FALSE(due_by_marks(marks, 0, 48000).has_value());
  }
  const std::array<CaptureMark, 1> long_ago{{{0, UINT64_MAX, 0, Kind::block}}};
  EXPECT_FALSE(due_by_marks(long_ago, UINT64_MAX, 1e-9).has_value());
}

TEST(OpenSoundFile, RefusesRatesThatNoSoundHas) {
  const test::TestDirectory directory;
  const auto made = test::make_sound_file(directory.path(), SF_FORMAT_WAV | SF_FORMAT_PCM_16, 8000, 1, 100);
  EXPECT_EQ(open_sound_file(made.path)->audio().rate, 8000);
  test::poke_file(made.path, 24, std::int32_t{2'000'000'000});  // the rate in a WAV's header
  EXPECT_THROW(static_cast<void>(open_sound_file(made.path)), std::runtime_error);
}

TEST(DaemonOptions, RefuseNan) {
  for (const char* option : {"--history", "--speed", "--block-ms", "--rate"}) {
    FileOptions options;
    CommandLine line("", "shm-file");
    add_file_options(line, options);
    EXPECT_THROW(line.parse({"mic", "file", option, "nan"}), UsageError) << option;
  }
  for (const char* option : {"--history", "--period-ms", "--buffer-ms", "--fill-limit"}) {
    AlsaOptions options;
    CommandLine line("", "shm-alsa");
    add_alsa_options(line, options);
    EXPECT_THROW(line.parse({"mic", option, "nan"}), UsageError) << option;
  }
}

}  // namespace
}  // namespace shm::programs
