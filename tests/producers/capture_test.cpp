// SPDX-License-Identifier: Apache-2.0
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "capture_fixture.hpp"
#include "shm/query/ledger.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::test {
namespace {

TEST_F(ShmAlsa, StoresTheNegotiatedFormatInTheHeader) {
  const auto daemon = start_daemon();
  attach();
  const StreamInfo info = stream_info("mic");
  const auto audio = audio_format(info);
  ASSERT_TRUE(audio);
  EXPECT_EQ(audio->sample, SampleFormat::S16_LE);
  EXPECT_EQ(audio->channels, 1U);
  EXPECT_EQ(audio->rate, 48000);
  EXPECT_EQ(audio->device, "sim");
  EXPECT_EQ(info.items.history, 960'000U);
  EXPECT_EQ(info.writer.program, "shm-alsa");
  const StreamInfo marks = stream_info("mic.marks");
  EXPECT_GE(marks.items.history, 20U * 100U) << "marks must go back as far as the frames";
  EXPECT_EQ(marks.timestamp.name, "time_ns");
}

TEST_F(ShmAlsa, UsesAndStoresTheNearestRate) {
  const auto daemon = start_daemon({"--rate", "44100"});
  attach();
  EXPECT_EQ(stream_info("mic").items.sample_rate, 48000);
  EXPECT_TRUE(eventually([&] { return daemon->err().find("no rate of 44100 Hz") != std::string::npos; }));
}

TEST_F(ShmAlsa, CapturesBitExactlyWhatTheCardDelivered) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(48000);
  stop(*daemon);
  expect_the_truth();
}

TEST_F(ShmAlsa, MarksDateEveryFrameToWithinOneFrame) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(24000);
  stop(*daemon);
  const auto delivered = truth_of("delivered");
  ASSERT_FALSE(delivered.empty());
  const auto first_world = delivered[0]["from"].get<std::int64_t>();
  for (const CaptureMark& mark : all_marks()) {
    if (mark.index >= delivered[0]["to"].get<Index>() - static_cast<Index>(first_world)) break;
    const double world = static_cast<double>(first_world) + static_cast<double>(mark.index);
    const double exact = static_cast<double>(card_.epoch_ns()) + world * 1e9 / 48000;
    // The card counts whole frames: its times are 0 to 1 frames late. The smoothed times are late by the mean
    // of that.
    EXPECT_NEAR(static_cast<double>(mark.time_ns), exact + 0.5e9 / 48000, 1e9 / 48000) << mark.index;
  }
}

TEST_F(ShmAlsa, LedgerDatesEveryFrameWithinItsStatedUncertainty) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(24000);
  stop(*daemon);
  const auto delivered = truth_of("delivered");
  ASSERT_FALSE(delivered.empty());
  const auto first_world = delivered[0]["from"].get<std::int64_t>();
  const Ledger ledger(*frames_);
  std::int64_t before = INT64_MIN;
  for (Index i = 0; i < 24000; i += 10) {
    if (i >= delivered[0]["to"].get<Index>() - static_cast<Index>(first_world)) break;
    const auto key = ledger.key(i);
    ASSERT_TRUE(key) << i;
    EXPECT_GT(*key, before);
    before = *key;
    const double world = static_cast<double>(first_world) + static_cast<double>(i);
    const double exact = static_cast<double>(card_.epoch_ns()) + world * 1e9 / 48000;
    // The card counts whole frames: its positions are always up to a frame late.
    EXPECT_NEAR(static_cast<double>(*key), exact + 0.5e9 / 48000, *ledger.uncertainty(i) + 0.5e9 / 48000)
        << i;
  }
  EXPECT_NEAR(*ledger.rate(20000), 48000, 48);
}

TEST_F(ShmAlsa, ReportsAnUnpacedDeviceOnceAndDoesNotSpin) {
  Process daemon({SHM_PROGRAM_shm_alsa, "mic", "-D", "null", "--always"}, environment());
  attach();
  let_frames_come(200'000);
  stop(daemon);
  const std::string log = daemon.err();
  const auto first = log.find("faster than its rate");
  EXPECT_NE(first, std::string::npos) << log;
  EXPECT_EQ(log.find("faster than its rate", first + 1), std::string::npos);
  EXPECT_LT(frames_->inserted(), 48'000U * 200U) << "unhindered it is thousands of times its rate";
}

TEST_F(ShmAlsa, SigtermEndsTheStreamAndRemovesItsFiles) {
  for (const int number : {SIGTERM, SIGINT}) {
    const auto daemon = start_daemon({"--always"});
    attach();
    let_frames_come(4800);
    daemon->signal(number);
    EXPECT_EQ(daemon->wait().exit_code, 0);
    EXPECT_TRUE(std::filesystem::is_empty(streams_.path()));
    frames_->seek(Start::next());
    std::vector<std::byte> frame(2);
    EXPECT_EQ(frames_->next(frame, std::chrono::seconds(5)), Status::ended);
  }
}

TEST_F(ShmAlsa, ContinuesAPersistentStreamWithoutAGap) {
  auto daemon = start_daemon({"--always", "--persistent"});
  attach();
  let_frames_come(4800);
  stop(*daemon);
  const Index before = stream_info("mic").items.inserted;
  EXPECT_GE(before, 4800U);
  daemon = start_daemon({"--always", "--persistent"});
  // A reader that attaches before that finds a stream that has ended.
  ASSERT_TRUE(eventually([] { return stream_info("mic").writer.state == WriterState::live; }));
  ASSERT_TRUE(eventually([] { return stream_info("mic.marks").writer.state == WriterState::live; }));
  attach();
  ASSERT_EQ(frames_->wait_for(before + 4800, std::chrono::seconds(20)), Status::ok);
  stop(*daemon);
  const auto captured = pieces();
  ASSERT_EQ(captured.size(), 2U);
  EXPECT_EQ(captured[1].index, before);
  EXPECT_EQ(captured[1].preceded_by, Kind::start);
}

TEST_F(ShmAlsa, GivesTheModeToStreamAndMarks) {
  const auto daemon = start_daemon({"--mode", "0640"});
  attach();
  for (const char* file : {"mic.stream", "mic.marks.stream"}) {
    EXPECT_EQ(std::filesystem::status(streams_.path() / file).permissions(), std::filesystem::perms(0640))
        << file;
  }
}

TEST_F(ShmAlsa, NotifiesSystemdWhenReady) {
  const std::string path = scratch_.path() / "notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  auto with_socket = environment();
  with_socket.push_back("NOTIFY_SOCKET=" + path);
  Process daemon(daemon_arguments({"--always"}), with_socket);
  std::string told;
  const auto listen = [&](const std::string& awaited) {
    return eventually([&] {
      char text[512];
      const ssize_t size = ::recv(socket, text, sizeof text, 0);
      if (size > 0) told.append(text, static_cast<std::size_t>(size));
      return told.find(awaited) != std::string::npos;
    });
  };
  EXPECT_TRUE(listen("READY=1\n"));
  EXPECT_NO_THROW(static_cast<void>(stream_info("mic"))) << "ready means that readers can attach";
  EXPECT_TRUE(listen("STATUS=capturing from sim\n"));
  stop(daemon);
  EXPECT_TRUE(listen("STOPPING=1\n"));
  ::close(socket);
}

}  // namespace
}  // namespace shm::test
