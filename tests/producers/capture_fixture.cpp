// SPDX-License-Identifier: Apache-2.0
#include "capture_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace shm::test {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = std::chrono::seconds(20);
constexpr std::size_t recording_frames = 100'003;  // prime: no period of anything else

/// No two frames within a second are equal, so that a frame at a wrong index is detected.
std::vector<std::int16_t> make_recording() {
  std::vector<std::int16_t> samples;
  std::uint32_t state = 12345;
  for (std::size_t i = 0; i < recording_frames; ++i) {
    state = state * 1664525U + 1013904223U;
    samples.push_back(static_cast<std::int16_t>(state >> 16));
  }
  return samples;
}

std::filesystem::path write_raw(const std::filesystem::path& directory,
                                const std::vector<std::int16_t>& samples) {
  const std::filesystem::path path = directory / "noise.raw";
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(samples.data()), static_cast<std::streamsize>(samples.size() * 2));
  return path;
}

simulated_card::CardConfig raw_config() {
  simulated_card::CardConfig config;
  config.rate = 48000;
  config.channels = 1;
  config.format = "S16_LE";
  return config;
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  char pattern[] = "/tmp/shm-capture-XXXXXX";
  if (::mkdtemp(pattern) == nullptr) throw std::runtime_error("no directory for the simulated card");
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

ShmAlsa::ShmAlsa()
    : card_(scratch_.path(), write_raw(scratch_.path(), make_recording()), raw_config()),
      recording_(make_recording()) {}

std::vector<std::string> ShmAlsa::environment() const {
  return {"ALSA_CONFIG_PATH=" + card_.config_path().string()};
}

std::vector<std::string> ShmAlsa::daemon_arguments(const std::vector<std::string>& more) const {
  std::vector<std::string> argv{SHM_PROGRAM_shm_alsa, "mic", "--device", card_.pcm_name(), "--history", "20"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

std::unique_ptr<Process> ShmAlsa::start_daemon(const std::vector<std::string>& more) const {
  return std::make_unique<Process>(daemon_arguments(more), environment());
}

void ShmAlsa::attach() {
  ReaderOptions options;
  options.wait_for_stream = patience;
  marks_ = std::make_unique<Reader<CaptureMark>>("mic.marks", Start::oldest(), options);
  frames_ = std::make_unique<RawReader>("mic", Start::oldest(), options);
}

void ShmAlsa::let_frames_come(std::uint64_t count) {
  ASSERT_EQ(frames_->wait_for(frames_->inserted() + count, patience), Status::ok);
}

void ShmAlsa::await_mark(Kind kind, Reason reason) {
  const bool came = eventually([&] {
    const auto marks = all_marks();
    return std::ranges::any_of(
        marks, [&](const CaptureMark& mark) { return mark.kind == kind && mark.reason == reason; });
  });
  ASSERT_TRUE(came) << "no mark for " << to_string(reason);
}

void ShmAlsa::await_frames_after_gaps(int gaps) {
  const bool came = eventually([&] {
    const auto marks = all_marks();
    const auto is_gap = [](const CaptureMark& mark) { return mark.kind == Kind::gap; };
    return !marks.empty() && !is_gap(marks.back()) && std::ranges::count_if(marks, is_gap) == gaps;
  });
  ASSERT_TRUE(came) << "no frames after " << gaps << " gaps";
}

void ShmAlsa::stop(Process& daemon) {
  daemon.signal(SIGTERM);
  const Finished finished = daemon.wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
}

std::vector<CaptureMark> ShmAlsa::all_marks() { return marks_->slice({}); }

std::vector<Piece> ShmAlsa::pieces() {
  std::vector<CaptureMark> marks;
  for (const CaptureMark& mark : all_marks()) {
    std::erase_if(marks, [&](const CaptureMark& older) { return older.index >= mark.index; });
    marks.push_back(mark);
  }
  std::vector<Piece> pieces;
  CaptureMark gap;
  Index expected = 0;
  for (const CaptureMark& mark : marks) {
    if (mark.frames == 0) continue;
    EXPECT_EQ(mark.index, expected) << "marks leave frames out";
    expected = mark.index + mark.frames;
    const auto bytes =
        frames_->slice({static_cast<std::int64_t>(mark.index), static_cast<std::int64_t>(expected)});
    std::vector<std::int16_t> samples(bytes.size() / 2);
    std::memcpy(samples.data(), bytes.data(), bytes.size());
    if (mark.kind == Kind::gap) {
      gap = mark;
      EXPECT_TRUE(std::ranges::all_of(samples, [](std::int16_t sample) { return sample == 0; }));
      continue;
    }
    if (pieces.empty() || gap.kind == Kind::gap || mark.kind == Kind::start) {
      Piece piece{mark.index, {}, mark.kind, mark.reason, 0};
      if (gap.kind == Kind::gap) piece = {mark.index, {}, Kind::gap, gap.reason, gap.frames};
      pieces.push_back(std::move(piece));
      gap = {};
    }
    pieces.back().frames.insert(pieces.back().frames.end(), samples.begin(), samples.end());
  }
  return pieces;
}

std::vector<nlohmann::ordered_json> ShmAlsa::truth_of(const std::string& event) const {
  std::vector<nlohmann::ordered_json> lines;
  for (auto& line : card_.truth()) {
    if (line["event"] == event) lines.push_back(line);
  }
  return lines;
}

void ShmAlsa::expect_the_truth() {
  const std::vector<Piece> captured = pieces();
  const auto delivered = truth_of("delivered");
  ASSERT_EQ(captured.size(), delivered.size());
  for (std::size_t i = 0; i < captured.size(); ++i) {
    const Piece& piece = captured[i];
    const auto from = delivered[i]["from"].get<std::int64_t>();
    const auto frames = static_cast<std::int64_t>(piece.frames.size());
    SCOPED_TRACE("piece " + std::to_string(i) + " at " + std::to_string(piece.index));
    // A killed program may have read one block that it did not publish.
    if (delivered[i]["cause"] == "killed") {
      EXPECT_LE(from + frames, delivered[i]["to"].get<std::int64_t>());
    } else {
      EXPECT_EQ(from + frames, delivered[i]["to"].get<std::int64_t>());
    }
    for (std::int64_t k = 0; k < frames; ++k) {
      const auto world = static_cast<std::size_t>(from + k) % recording_.size();
      ASSERT_EQ(piece.frames[static_cast<std::size_t>(k)], recording_[world])
          << "frame " << k << " of the piece";
    }
    if (piece.preceded_by == Kind::gap && i > 0) {
      const auto before = delivered[i - 1]["from"].get<std::int64_t>() +
                          static_cast<std::int64_t>(captured[i - 1].frames.size());
      EXPECT_NEAR(static_cast<double>(piece.gap_frames), static_cast<double>(from - before), 1.0);
    }
  }
}

}  // namespace shm::test
