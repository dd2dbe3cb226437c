// SPDX-License-Identifier: Apache-2.0

// The results of two readings, and the times of readings.
#include <gtest/gtest.h>

#include <cmath>

#include "producers/system/rates.hpp"
#include "producers/system/ticks.hpp"

namespace shm::programs {
namespace {

constexpr std::int64_t second = 1'000'000'000;

double sum_of(const CpuUse& use) {
  return use.user + use.nice + use.system + use.idle + use.iowait + use.irq + use.softirq + use.steal;
}

NetworkCounters with(std::map<std::string, InterfaceCounters, std::less<>> interfaces) {
  NetworkCounters counters{std::move(interfaces), {}};
  for (const auto& [name, one] : counters.interfaces) {
    counters.sum.received.bytes += one.received.bytes;
    counters.sum.sent.bytes += one.sent.bytes;
  }
  return counters;
}

InterfaceCounters bytes(std::uint64_t received, std::uint64_t sent) {
  return {{received, 0, 0, 0}, {sent, 0, 0, 0}};
}

TEST(CpuUse, FractionsAreOfTheIntervalAndAddUpToOne) {
  const CpuUse use =
      cpu_use({{100, 100, 100, 100, 100, 100, 100, 100}, 2}, {{150, 110, 120, 200, 105, 105, 108, 102}, 4});
  EXPECT_EQ(use.user, 0.25);
  EXPECT_EQ(use.nice, 0.05);
  EXPECT_EQ(use.system, 0.1);
  EXPECT_EQ(use.idle, 0.5);
  EXPECT_EQ(use.iowait, 0.025);
  EXPECT_EQ(use.irq, 0.025);
  EXPECT_EQ(use.softirq, 0.04);
  EXPECT_EQ(use.steal, 0.01);
  EXPECT_EQ(use.processors, 4U);
}

TEST(CpuUse, CountsADecreasingCounterAsZero) {
  const CpuUse use = cpu_use({{100, 0, 0, 5000, 0, 0, 0, 0}, 1}, {{103, 0, 1, 4000, 0, 0, 0, 0}, 1});
  EXPECT_EQ(use.user, 0.75);
  EXPECT_EQ(use.idle, 0);
  EXPECT_EQ(sum_of(use), 1);
}

TEST(CpuUse, IsNanForAnIntervalWithoutTicks) {
  const CpuUse use = cpu_use({{1, 2, 3, 4, 5, 6, 7, 8}, 1}, {{1, 2, 3, 4, 5, 6, 7, 8}, 1});
  EXPECT_TRUE(std::isnan(use.user));
  EXPECT_TRUE(std::isnan(use.idle));
  EXPECT_EQ(use.processors, 1U);
}

TEST(CpuUse, HugeCountersStayFractions) {
  const std::uint64_t most = UINT64_MAX;
  const CpuUse use = cpu_use({}, {{most, most, most, most, most, most, most, most}, 1});
  EXPECT_EQ(use.user, 0.125);
  EXPECT_EQ(sum_of(use), 1);
}

TEST(NetworkTraffic, RatesAreBytesASecondOverTheInterval) {
  const auto before = with({{"eth0", bytes(1000, 100)}, {"wlan0", bytes(50, 5)}});
  const auto now = with({{"eth0", bytes(2000, 400)}, {"wlan0", bytes(150, 5)}});
  const NetworkTraffic traffic = network_traffic(before, now, second / 2);
  EXPECT_EQ(traffic.received_rate, 2200);
  EXPECT_EQ(traffic.sent_rate, 600);
  EXPECT_EQ(traffic.received_bytes, 2150U);
  EXPECT_EQ(traffic.sent_bytes, 405U);
}

TEST(NetworkTraffic, IgnoresInterfacesThatCameOrWentInRates) {
  const auto before = with({{"eth0", bytes(1000, 100)}, {"usb0", bytes(5'000'000, 7)}});
  const auto now = with({{"eth0", bytes(1100, 110)}, {"wlan0", bytes(9'000'000, 8)}});
  const NetworkTraffic traffic = network_traffic(before, now, second);
  EXPECT_EQ(traffic.received_rate, 100);
  EXPECT_EQ(traffic.sent_rate, 10);
  const NetworkTraffic gone = network_traffic(now, with({}), second);
  EXPECT_EQ(gone.received_rate, 0);
  EXPECT_EQ(gone.received_bytes, 0U);
}

TEST(NetworkTraffic, RatesStaySmallWhenACounterWraps) {
  const auto before = with({{"eth0", bytes(4'294'967'000, 100)}, {"eth1", bytes(10, 10)}});
  const auto now = with({{"eth0", bytes(200, 150)}, {"eth1", bytes(30, 10)}});
  const NetworkTraffic traffic = network_traffic(before, now, second);
  EXPECT_EQ(traffic.received_rate, 20);
  EXPECT_EQ(traffic.sent_rate, 50);
}

TEST(NetworkTraffic, HasNoRateForAnEmptyInterval) {
  const NetworkTraffic traffic = network_traffic(with({{"eth0", {}}}), with({{"eth0", bytes(5, 5)}}), 0);
  EXPECT_EQ(traffic.received_rate, 0);
  EXPECT_EQ(traffic.sent_rate, 0);
}

TEST(Ticks, DeadlinesAreCountedFromTheStart) {
  Ticks ticks(7, 3);
  EXPECT_EQ(ticks.next_ns(), 7 + 333'333'333);
  EXPECT_EQ(ticks.advance(7 + 400'000'000), 0U) << "a little late";
  EXPECT_EQ(ticks.next_ns(), 7 + 666'666'667);
  EXPECT_EQ(ticks.advance(7 + 666'666'667), 0U);
  EXPECT_EQ(ticks.next_ns(), 7 + second) << "what was late does not add up";
}

TEST(Ticks, MissedTicksAreSkipped) {
  Ticks ticks(0, 10);
  EXPECT_EQ(ticks.advance(second / 2 + 1), 4U) << "2, 3, 4 and 5";
  EXPECT_EQ(ticks.next_ns(), 600'000'000);
  EXPECT_EQ(ticks.advance(600'000'001), 0U);
  EXPECT_EQ(ticks.next_ns(), 700'000'000);
}

TEST(Ticks, CountsATickThatIsDueNowAsPassed) {
  Ticks ticks(0, 1000);
  EXPECT_EQ(ticks.advance(2'000'000), 1U);
  EXPECT_EQ(ticks.next_ns(), 3'000'000);
}

TEST(Ticks, NextIsAlwaysLaterAndNeverFurtherThanAPeriod) {
  for (const double rate : {0.01, 0.3, 1.0, 7.0, 44.1, 999.9, 1000.0}) {
    constexpr std::int64_t start = 1'234'567'890'123;
    Ticks ticks(start, rate);
    const auto period = static_cast<std::int64_t>(1e9 / rate) + 2;
    std::int64_t now = start;
    for (int i = 0; i < 2000; ++i) {
      now += (i % 17) * period / 5 + 1;
      if (now < ticks.next_ns()) now = ticks.next_ns();
      static_cast<void>(ticks.advance(now));
      ASSERT_GT(ticks.next_ns(), now);
      ASSERT_LE(ticks.next_ns(), now + period);
    }
  }
}

TEST(Ticks, SkipsYearsOfSleepInOneStep) {
  Ticks ticks(0, 1000);
  const std::int64_t years = 100LL * 365 * 86400 * second;
  EXPECT_EQ(ticks.advance(years), static_cast<std::uint64_t>(years / 1'000'000) - 1);
  EXPECT_EQ(ticks.next_ns(), years + 1'000'000);
}

}  // namespace
}  // namespace shm::programs
