// SPDX-License-Identifier: Apache-2.0

// shm-system: the values of the files are in the streams, through changes of the files and of the process.
#include <gmock/gmock.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <nlohmann/json.hpp>

#include "shm/storage/catalog.hpp"
#include "system_fixture.hpp"

namespace shm::test {
namespace {

using namespace std::chrono_literals;
using programs::CpuUse;
using programs::LoadAverages;
using programs::MemoryUse;
using programs::NetworkTraffic;
using ::testing::ElementsAre;

std::int64_t monotonic_ns() {
  return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <class Item>
void expect_times_do_not_decrease(const std::vector<Item>& items) {
  EXPECT_TRUE(std::ranges::is_sorted(items, {}, &Item::time_ns));
}

TEST_F(ShmSystem, PublishesTheValuesOfTheFiles) {
  const auto program = start();
  auto memory = attach<MemoryUse>("pc/memory");
  const MemoryUse use = memory();
  EXPECT_EQ(use.total, 1000U * 1024);
  EXPECT_EQ(use.free, 200U * 1024);
  EXPECT_EQ(use.available, 600U * 1024);
  EXPECT_EQ(use.buffers, 10U * 1024);
  EXPECT_EQ(use.cached, 300U * 1024);
  EXPECT_EQ(use.swap_total, 400U * 1024);
  EXPECT_EQ(use.swap_free, 399U * 1024);
  const LoadAverages load = attach<LoadAverages>("pc/load")();
  EXPECT_EQ(load.load_1, 0.25);
  EXPECT_EQ(load.load_5, 1.5);
  EXPECT_EQ(load.load_15, 2.75);
  EXPECT_EQ(load.running, 3U);
  EXPECT_EQ(load.total, 456U);
  const NetworkTraffic traffic = attach<NetworkTraffic>("pc/network")();
  EXPECT_EQ(traffic.received_bytes, 1020U);
  EXPECT_EQ(traffic.received_packets, 8U);
  EXPECT_EQ(traffic.received_errors, 6U);
  EXPECT_EQ(traffic.received_drops, 4U);
  EXPECT_EQ(traffic.sent_bytes, 510U);
  EXPECT_EQ(traffic.sent_packets, 16U);
  EXPECT_EQ(traffic.sent_errors, 14U);
  EXPECT_EQ(traffic.sent_drops, 12U);
  EXPECT_EQ(traffic.received_rate, 0);
}

TEST_F(ShmSystem, StoresTimeFieldAndNominalRateInTheHeader) {
  const auto program = start();
  for (const std::string name : {"cpu", "memory", "load", "network"}) {
    ReaderOptions patient;
    patient.wait_for_stream = 20s;
    const StreamInfo info = RawReader("pc/" + name, Start::oldest(), patient).info();
    EXPECT_EQ(info.timestamp.kind, Timestamp::Kind::field);
    EXPECT_EQ(info.timestamp.name, "time_ns");
    EXPECT_EQ(info.timestamp.offset, 0U);
    EXPECT_EQ(info.clock.id, CLOCK_MONOTONIC);
    EXPECT_EQ(info.items.sample_rate, 0) << "an index is no measure of time";
    const auto metadata = nlohmann::json::parse(info.metadata);
    EXPECT_EQ(metadata["system"]["nominal_rate"], 200);
    EXPECT_EQ(metadata["system"]["of"], name);
    EXPECT_EQ(info.items.history, 100'000U) << "an hour at 200 Hz is more";
  }
}

TEST_F(ShmSystem, CpuFractionsAreOfTheIntervalInWhichTheyWereCounted) {
  const auto program = start();
  auto cpu = attach<CpuUse>("pc/cpu");
  EXPECT_TRUE(std::isnan(cpu().user)) << "the made file's counters stand still";
  proc_.cpu({1020, 100, 510, 9010, 50, 5, 25, 0});
  const CpuUse use = first_with(cpu, [](const CpuUse& item) { return !std::isnan(item.user); });
  EXPECT_EQ(use.user, 0.5);
  EXPECT_EQ(use.system, 0.25);
  EXPECT_EQ(use.idle, 0.25);
  EXPECT_EQ(use.steal, 0);
  EXPECT_EQ(use.processors, 2U);
  EXPECT_TRUE(std::isnan(cpu().user)) << "one interval only";
}

TEST_F(ShmSystem, RatesTimesIntervalsAreTheBytes) {
  const auto program = start();
  auto network = attach<NetworkTraffic>("pc/network");
  NetworkTraffic before = network();
  double received = 0;
  double sent = 0;
  const auto follow_until = [&](std::uint64_t received_bytes) {
    while (before.received_bytes != received_bytes) {
      const NetworkTraffic now = network();
      const double seconds = static_cast<double>(now.time_ns - before.time_ns) / 1e9;
      EXPECT_GE(now.received_rate, 0);
      received += now.received_rate * seconds;
      sent += now.sent_rate * seconds;
      before = now;
    }
  };
  proc_.network({{"eth0", 5000, 1500}, {"wlan0", 20, 10}});
  follow_until(5020);
  EXPECT_NEAR(received, 4000, 1e-6);
  EXPECT_NEAR(sent, 1000, 1e-6);
  proc_.network({{"wlan0", 70, 30}});
  follow_until(70);
  EXPECT_NEAR(received, 4050, 1e-6) << "an interface went: nothing negative";
  proc_.network({{"eth0", 1'000'000, 9}, {"wlan0", 10, 30}});
  follow_until(1'000'010);
  EXPECT_NEAR(received, 4050, 1e-6) << "one came, one began anew: nothing absurd";
  EXPECT_NEAR(sent, 1020, 1e-6);
}

TEST_F(ShmSystem, StopsAfterCountSamples) {
  const Finished finished = start({"--count", "5", "--persistent"})->wait();
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(list_streams(), ElementsAre("pc/cpu", "pc/load", "pc/memory", "pc/network"));
  for (const std::string& name : list_streams()) {
    EXPECT_EQ(stream_info(name).items.inserted, 5U);
    EXPECT_EQ(stream_info(name).writer.state, WriterState::ended);
  }
}

TEST_F(ShmSystem, PublishesOnlyTheNamedStreams) {
  const Finished finished = run(argv({"--only", "load,cpu", "pc", "--rate", "1000", "--count", "2",
                                      "--persistent", "--proc", proc_.path().string()}));
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(list_streams(), ElementsAre("pc/cpu", "pc/load"));
}

TEST_F(ShmSystem, NeedsNoFilesOfOtherStreams) {
  std::filesystem::remove(proc_.path() / "net/dev");
  EXPECT_EQ(start({"--count", "1", "--only", "cpu,memory,load"})->wait().exit_code, 0);
}

TEST_F(ShmSystem, SamplesTheRealMachine) {
  const std::int64_t begin = monotonic_ns();
  const Finished finished = run(argv({"pc", "--rate", "20", "--count", "5", "--persistent"}));
  const std::int64_t end = monotonic_ns();
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const std::vector<CpuUse> cpu = attach<CpuUse>("pc/cpu").slice({});
  ASSERT_EQ(cpu.size(), 5U);
  expect_times_do_not_decrease(cpu);
  EXPECT_GT(cpu.front().time_ns, begin);
  EXPECT_LT(cpu.back().time_ns, end);
  EXPECT_GE(cpu.back().time_ns - cpu.front().time_ns, 150'000'000)
      << "four periods, less what the first was late";
  for (const CpuUse& use : cpu) {
    EXPECT_EQ(static_cast<long>(use.processors), ::sysconf(_SC_NPROCESSORS_ONLN));
    const double sum =
        use.user + use.nice + use.system + use.idle + use.iowait + use.irq + use.softirq + use.steal;
    EXPECT_TRUE(std::isnan(sum) || std::abs(sum - 1) < 1e-9) << sum;
  }
  for (const MemoryUse& use : attach<MemoryUse>("pc/memory").slice({})) {
    EXPECT_GT(use.total, 0U);
    EXPECT_LE(use.free, use.total);
    EXPECT_LE(use.available, use.total);
  }
  EXPECT_GT(attach<LoadAverages>("pc/load").slice({}).back().total, 0U);
  EXPECT_EQ(attach<NetworkTraffic>("pc/network").slice({}).size(), 5U);
}

TEST_F(ShmSystem, LogsABrokenFileOnceAndContinuesTheOthers) {
  const auto program = start();
  auto memory = attach<MemoryUse>("pc/memory");
  auto cpu = attach<CpuUse>("pc/cpu");
  static_cast<void>(memory());
  proc_.write("meminfo", "MemTotal: lots\n");
  ASSERT_TRUE(eventually([&] { return program->err().find("meminfo") != std::string::npos; }));
  const Index stood_at = memory.inserted();
  ASSERT_EQ(cpu.wait_for(cpu.inserted() + 20, 20s), Status::ok);
  EXPECT_EQ(memory.inserted(), stood_at) << "nothing is better than garbage";
  std::filesystem::remove(proc_.path() / "meminfo");  // wrong in another way: still the same trouble
  ASSERT_EQ(cpu.wait_for(cpu.inserted() + 20, 20s), Status::ok);
  EXPECT_EQ(memory.inserted(), stood_at);
  proc_.write(
      "meminfo",
      "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nBuffers: 1 kB\nCached: 1 kB\nSwapTotal: 1 kB\n"
      "SwapFree: 1 kB\n");
  ASSERT_EQ(memory.wait_for(stood_at + 1, 20s), Status::ok);
  const std::vector<MemoryUse> items = memory.slice({});
  EXPECT_EQ(items.at(stood_at).total, 1024U);
  expect_times_do_not_decrease(items);
  program->signal(SIGTERM);
  const Finished finished = program->wait();
  EXPECT_EQ(finished.exit_code, 0);
  const auto warnings = [&](const std::string& word) {
    std::size_t count = 0;
    for (std::size_t at = finished.err.find(word); at != std::string::npos;
         at = finished.err.find(word, at + 1))
      ++count;
    return count;
  };
  EXPECT_EQ(warnings("warning: "), 1U) << finished.err;
  EXPECT_EQ(warnings("can be read again"), 1U) << finished.err;
}

TEST_F(ShmSystem, RatesAfterABreakCoverTheTimeSinceTheNewestItem) {
  const auto program = start();
  auto network = attach<NetworkTraffic>("pc/network");
  NetworkTraffic now = network();
  NetworkTraffic before;
  proc_.write("net/dev", "");
  ASSERT_TRUE(eventually([&] { return program->err().find("it is empty") != std::string::npos; }));
  proc_.network({{"eth0", 3000, 500}, {"wlan0", 20, 10}});
  while (now.received_bytes != 3020) {
    before = now;
    now = network();
  }
  EXPECT_NEAR(now.received_rate * static_cast<double>(now.time_ns - before.time_ns) / 1e9, 2000, 1e-6);
}

TEST_F(ShmSystem, StopSignalEndsTheStreams) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const auto program = start({}, "0.01");  // in the middle of a long wait
    auto cpu = attach<CpuUse>("pc/cpu");
    auto network = attach<NetworkTraffic>("pc/network");
    ASSERT_TRUE(eventually([&] { return program->err().find("pc/network") != std::string::npos; }));
    program->signal(signal);
    EXPECT_EQ(program->wait().exit_code, 0);
    EXPECT_EQ(cpu.next(20s).status, Status::ended);
    EXPECT_EQ(network.next(20s).status, Status::ended);
    EXPECT_TRUE(list_streams().empty());
  }
}

TEST_F(ShmSystem, ContinuesIndicesAfterAKill) {
  auto program = start();
  auto cpu = attach<CpuUse>("pc/cpu");
  auto load = attach<LoadAverages>("pc/load");
  ASSERT_EQ(cpu.wait_for(10, 20s), Status::ok);
  ASSERT_EQ(load.wait_for(10, 20s), Status::ok);
  program->signal(SIGKILL);
  ASSERT_EQ(program->wait().signal, SIGKILL);
  const Index killed_at = cpu.inserted();
  program = start();
  ASSERT_EQ(cpu.wait_for(killed_at + 10, 20s), Status::ok);
  expect_times_do_not_decrease(cpu.slice({}));
  expect_times_do_not_decrease(load.slice({}));
  EXPECT_EQ(cpu.lost_items(), 0U);
  EXPECT_EQ(cpu.info().writer.epoch, 2U);
}

TEST_F(ShmSystem, ContinuesIndicesAtAnotherRate) {
  EXPECT_EQ(start({"--count", "3", "--persistent"})->wait().exit_code, 0);
  EXPECT_EQ(start({"--count", "2", "--persistent"}, "100")->wait().exit_code, 0);
  const std::vector<CpuUse> items = attach<CpuUse>("pc/cpu").slice({});
  EXPECT_EQ(items.size(), 5U);
  expect_times_do_not_decrease(items);
}

TEST_F(ShmSystem, SkipsSamplesThatItMissedWhileStopped) {
  const auto program = start();
  auto cpu = attach<CpuUse>("pc/cpu");
  ASSERT_EQ(cpu.wait_for(5, 20s), Status::ok);
  program->signal(SIGSTOP);
  EXPECT_EQ(cpu.wait_for(cpu.inserted() + 10, 300ms), Status::timed_out);
  program->signal(SIGCONT);
  ASSERT_EQ(cpu.wait_for(cpu.inserted() + 20, 20s), Status::ok);
  const std::vector<CpuUse> items = cpu.slice({});
  expect_times_do_not_decrease(items);
  const double ticks = static_cast<double>(items.back().time_ns - items.front().time_ns) / 5e6;
  EXPECT_LE(static_cast<double>(items.size()), ticks + 2) << "never more items than ticks";
  EXPECT_LE(static_cast<double>(items.size()), ticks - 40) << "sixty were missed";
}

}  // namespace
}  // namespace shm::test
