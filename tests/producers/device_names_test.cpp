// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "producers/alsa/device_list.hpp"
#include "producers/alsa/pcm_device.hpp"

namespace shm::programs {
namespace {

std::optional<std::string> cards(int card) {
  return card == 1 ? std::optional<std::string>("PCH") : std::nullopt;
}

TEST(StableName, ReplacesACardNumberByItsId) {
  EXPECT_EQ(stable_name("hw:1,0", cards), "hw:CARD=PCH,DEV=0");
  EXPECT_EQ(stable_name("hw:1", cards), "hw:CARD=PCH");
  EXPECT_EQ(stable_name("plughw:1,2,3", cards), "plughw:CARD=PCH,DEV=2,SUBDEV=3");
}

TEST(StableName, KeepsOtherNames) {
  for (const char* name :
       {"hw:CARD=PCH", "default", "hw:7,0", "hw:1,0,0,0", "plug:hw:1", "", "hw:99999999999"}) {
    EXPECT_EQ(stable_name(name, cards), name);
  }
}

TEST(DeviceList, MakesValidJsonOfAnyDeviceName) {
  const auto list = nlohmann::json::parse(devices_as_json({{"hw:CARD=A,DEV=0", "quote \" and \xff", true}}));
  EXPECT_EQ(list.at(0).at("name"), "hw:CARD=A,DEV=0");
  EXPECT_EQ(list.at(0).at("hardware"), true);
}

TEST(FirstFrameTime, IsTheTimestampMinusTheDelay) {
  bool stamped = false;
  EXPECT_EQ(first_frame_time(5'000'000'000, 5'000'100'000, 480, 48000, stamped), 4'990'000'000);
  EXPECT_TRUE(stamped);
}

TEST(FirstFrameTime, IgnoresTimestampsThatAreMissingOrOfAnotherClock) {
  for (const std::int64_t stamp :
       {std::int64_t{0}, std::int64_t{1'700'000'000'000'000'000}, std::int64_t{-1}}) {
    bool stamped = true;
    EXPECT_EQ(first_frame_time(stamp, 5'000'000'000, 480, 48000, stamped), 4'990'000'000);
    EXPECT_FALSE(stamped);
  }
}

}  // namespace
}  // namespace shm::programs
