// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/top/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace {

using namespace shm::programs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Watched microphone() {
  Watched stream{.name = "lab/mic", .presence = Watched::Presence::there, .info = shm::StreamInfo{}};
  shm::StreamInfo& info = *stream.info;
  info.items.item_bytes = 4;
  info.items.history = 480'000;
  info.items.inserted = 1'000'000;
  info.items.oldest = 520'000;
  info.writer.state = shm::WriterState::live;
  info.writer.program = "shm-alsa";
  info.writer.pid = 12;
  stream.items_per_second = 48'000;
  stream.bytes_per_second = 192'000;
  shm::ReaderInfo reader;
  reader.pid = 34;
  reader.program = "shm-record";
  reader.name = "take";
  reader.cursor = 995'200;
  reader.lost_items = 7;
  reader.lost_ranges = 2;
  stream.readers = {reader};
  return stream;
}

std::string all_of(const Snapshot& snapshot) {
  std::string text;
  for (const std::string& line : page_lines(snapshot, "/streams")) text += line + "\n";
  return text;
}

TEST(Page, HasARowForEachStreamAndItsReaders) {
  EXPECT_EQ(
      all_of({1, {}, {microphone()}}),
      "/streams: 1 stream, 1 reader, 48.0 k items/s, 192.0 kB/s\n"
      "STREAM                    RATE   BANDWIDTH  HISTORY  READERS            LAG    LOST  WRITER\n"
      "lab/mic               48.0 k/s  192.0 kB/s   10.0 s        1  4800 (100 ms)       7  shm-alsa 12\n"
      "  shm-record 34 take                                          4800 (100 ms)  7 in 2\n");
}

TEST(Page, ShowsReadersThatHoldTheWriterBackAndDroppedItems) {
  Watched stream = microphone();
  stream.info->lossless = true;
  stream.info->backpressure.is_held_back = true;
  stream.info->backpressure.dropped_items = 3;
  stream.readers->at(0).lossless = true;
  stream.readers->at(0).holds_back = true;
  stream.readers->at(0).acknowledged = 999'000;
  const std::string text = all_of({1, {}, {stream}});
  EXPECT_THAT(text, HasSubstr("shm-alsa 12, HELD BACK, 3 items dropped"));
  EXPECT_THAT(text, HasSubstr("HOLDS THE WRITER BACK, lossless, 1000 items not acknowledged"));
  const auto json = page_json({1, {}, {stream}}, 5);
  EXPECT_EQ(json["streams"][0]["is_held_back"], true);
  EXPECT_EQ(json["streams"][0]["readers"][0]["holds_back"], true);
}

TEST(Page, ShowsMissingAndUnreadableStreamsInTheirPlace) {
  const Watched gone{.name = "gone"};
  const Watched bad{.name = "bad", .presence = Watched::Presence::unreadable, .problem = "too\x1b[2Jshort"};
  Watched secret = microphone();
  secret.readers.reset();
  const std::string text = all_of({1, "no such directory", {bad, gone, secret}});
  EXPECT_THAT(text, HasSubstr("no such directory\n"));
  EXPECT_THAT(text, HasSubstr("unreadable: too?[2Jshort\n"));
  EXPECT_THAT(text, HasSubstr("not there\n"));
  EXPECT_THAT(text, HasSubstr("10.0 s        ?    -     ?  shm-alsa 12\n"));
  const auto json = page_json({1, {}, {bad, gone, secret}}, 5);
  EXPECT_EQ(json["streams"][0]["error"], "too\x1b[2Jshort");
  EXPECT_EQ(json["streams"][1]["presence"], "gone");
  EXPECT_TRUE(json["streams"][2]["readers"].is_null());
}

TEST(Page, HasNumbersInJson) {
  const auto json = page_json({1.5, {}, {microphone()}}, 5);
  EXPECT_EQ(json["realtime_ns"], 5);
  EXPECT_EQ(json["seconds"], 1.5);
  const auto& stream = json["streams"][0];
  EXPECT_EQ(stream["items_per_second"], 48'000.0);
  EXPECT_EQ(stream["history_seconds"], 10.0);
  EXPECT_EQ(stream["readers"][0]["lag"], 4800);
  EXPECT_EQ(stream["readers"][0]["lag_seconds"], 0.1);
  EXPECT_EQ(stream["readers"][0]["lost_ranges"], 2);
}

TEST(Page, IsCutToTheScreen) {
  EXPECT_THAT(fitted({"one", "two", "three"}, 3, 80), ElementsAre("one", "two", "three"));
  EXPECT_THAT(fitted({"one", "two", "three"}, 2, 80), ElementsAre("one", "... 2 lines more"));
  EXPECT_THAT(fitted({"one", "two", "three"}, 1, 4), ElementsAre("... "));
  EXPECT_THAT(fitted({"grün"}, 1, 3), ElementsAre("grü"));
}

}  // namespace
