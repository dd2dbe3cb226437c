// SPDX-License-Identifier: Apache-2.0

// The parsers of /proc, with texts that the kernel writes and texts that it never would.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "made_proc.hpp"
#include "producers/system/proc_text.hpp"

namespace shm::programs {
namespace {

using ::testing::ElementsAre;

constexpr const char* stat =
    "cpu  3891157 211375 734808 2393769 3204 1 7484 1831 5 6\n"
    "cpu0 1949028 105637 351911 1209026 686 0 4639 937 0 0\n"
    "cpu1 1942128 105738 382897 1184742 2518 1 2845 893 5 6\n"
    "intr 70828891 0 0 1\nctxt 225456800\nbtime 1700000000\nprocs_running 2\n";
constexpr const char* meminfo =
    "MemTotal:       24684096 kB\nMemFree:        21100304 kB\nMemAvailable:   23800836 kB\n"
    "Buffers:            7848 kB\nCached:          2735140 kB\nSwapCached:            0 kB\n"
    "SwapTotal:       1048576 kB\nSwapFree:        1048572 kB\nHugePages_Total:       0\n";
constexpr const char* loadavg = "1.37 0.52 0.98 3/94 13589\n";
constexpr const char* columns =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls "
    "carrier compressed\n";

std::string net_dev(const std::string& lines) { return columns + lines; }

template <class Parse>
void expect_bad(Parse parse, const std::string& text, const std::string& words) {
  try {
    static_cast<void>(parse(text));
    ADD_FAILURE() << "was taken: " << text;
  } catch (const BadText& error) {
    EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    EXPECT_LT(std::string(error.what()).size(), 200U) << "a sentence, however long the text";
  }
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(ProcText, ParsesTheTotalsAndTheProcessorCountOfStat) {
  const CpuCounters counters = parse_stat(stat);
  EXPECT_THAT(counters.ticks, ElementsAre(3891157, 211375, 734808, 2393769, 3204, 1, 7484, 1831));
  EXPECT_EQ(counters.processors, 2U);
}

TEST(ProcText, ParsesMeminfoInBytes) {
  const MemoryUse use = parse_meminfo(meminfo);
  EXPECT_EQ(use.time_ns, 0);
  EXPECT_EQ(use.total, 24684096ULL * 1024);
  EXPECT_EQ(use.free, 21100304ULL * 1024);
  EXPECT_EQ(use.available, 23800836ULL * 1024);
  EXPECT_EQ(use.buffers, 7848ULL * 1024);
  EXPECT_EQ(use.cached, 2735140ULL * 1024);
  EXPECT_EQ(use.swap_total, 1048576ULL * 1024);
  EXPECT_EQ(use.swap_free, 1048572ULL * 1024);
}

TEST(ProcText, ParsesAveragesAndThreadsOfLoadavg) {
  const LoadAverages load = parse_loadavg(loadavg);
  EXPECT_EQ(load.load_1, 1.37);
  EXPECT_EQ(load.load_5, 0.52);
  EXPECT_EQ(load.load_15, 0.98);
  EXPECT_EQ(load.running, 3U);
  EXPECT_EQ(load.total, 94U);
}

TEST(ProcText, ParsesAllInterfacesButLoAndTheirSum) {
  const NetworkCounters counters =
      parse_net_dev(net_dev("    lo: 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9 9\n"
                            "  eth0: 100 10 1 2 0 0 0 0 200 20 3 4 0 0 0 0\n"
                            "wlan0:1000 11 5 6 0 0 0 0 2000 22 7 8 0 0 0 0\n"));
  ASSERT_EQ(counters.interfaces.size(), 2U);
  EXPECT_EQ(counters.interfaces.at("eth0"), (InterfaceCounters{{100, 10, 1, 2}, {200, 20, 3, 4}}));
  EXPECT_EQ(counters.interfaces.at("wlan0").received.bytes, 1000U) << "no space after the colon";
  EXPECT_EQ(counters.sum, (InterfaceCounters{{1100, 21, 6, 8}, {2200, 42, 10, 12}}));
}

TEST(ProcText, ReportsNoTrafficWithoutInterfaces) {
  const NetworkCounters counters = parse_net_dev(net_dev(""));
  EXPECT_TRUE(counters.interfaces.empty());
  EXPECT_EQ(counters.sum, InterfaceCounters{});
}

TEST(ProcText, ReportsAnEmptyFileAsEmpty) {
  expect_bad(parse_stat, "", "empty");
  expect_bad(parse_meminfo, "", "empty");
  expect_bad(parse_loadavg, "", "empty");
  expect_bad(parse_net_dev, "", "empty");
}

TEST(ProcText, RefusesTruncatedFilesOrHasAllFields) {
  const std::string eth0 = net_dev("  eth0: 100 10 1 2 0 0 0 0 200 20 3 4 0 0 0 0\n");
  const auto cut = [](auto parse, const std::string& text) {
    const auto taken = [&](std::size_t length) {
      try {
        static_cast<void>(parse(text.substr(0, length)));
        return true;
      } catch (const BadText&) {
        return false;
      }
    };
    for (std::size_t length = 0; length < text.size(); ++length) {
      if (!taken(length)) continue;
      EXPECT_EQ(text[length - 1], '\n') << text.substr(0, length);
    }
    EXPECT_TRUE(taken(text.size()));
  };
  cut(parse_stat, stat);
  cut(parse_meminfo, meminfo);
  cut(parse_loadavg, loadavg);
  cut(parse_net_dev, eth0);
  expect_bad(parse_meminfo, std::string(meminfo).substr(0, 100), "middle of the line");
}

TEST(ProcText, RefusesNumbersThatAreTooLarge) {
  expect_bad(parse_stat, replaced(stat, "3891157", "18446744073709551616"), "64 bits");
  expect_bad(parse_meminfo, replaced(meminfo, "24684096", "18014398509481984"), "64 bits");
  expect_bad(parse_loadavg, replaced(loadavg, "1.37", std::string(400, '9')), "load average");
  expect_bad(parse_loadavg, replaced(loadavg, "94", std::string(400, '9')), "64 bits");
  expect_bad(parse_net_dev,
             net_dev("a: 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"
                     "b: 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n"),
             "add up");
}

TEST(ProcText, AcceptsTheLargestNumbers) {
  EXPECT_EQ(parse_stat(replaced(stat, "3891157", "18446744073709551615")).ticks[0], UINT64_MAX);
  EXPECT_EQ(parse_meminfo(replaced(meminfo, "24684096", "18014398509481983")).total, UINT64_MAX - 1023);
}

TEST(ProcText, RefusesTextInPlaceOfANumber) {
  for (const char* word : {"-1", "+1", "0x1", "1.5", "1e3", "x", "1x", "\x01"}) {
    expect_bad(parse_stat, replaced(stat, "3891157", word), "is not a number");
    expect_bad(parse_meminfo, replaced(meminfo, "24684096", word), "is not a number");
    expect_bad(parse_loadavg, replaced(loadavg, "3/94", std::string("3/") + word), "is not a number");
  }
  for (const char* word : {"-1", "-0.0", "+1", "0x1", "nan", "inf", "1e3", "x", "1.5x"}) {
    expect_bad(parse_loadavg, replaced(loadavg, "0.52", word), "is not a load average");
  }
}

TEST(ProcText, NamesTheMissingField) {
  expect_bad(parse_stat, "intr 5\n", "no line 'cpu'");
  expect_bad(parse_stat, "cpu 1 2 3 4 5 6 7 8\n", "processor");
  expect_bad(parse_stat, "cpu 1 2 3 4 5 6 7\ncpu0 1\n", "fewer than 8");
  expect_bad(parse_meminfo, replaced(meminfo, "MemAvailable:", "MemForgotten:"), "'MemAvailable:'");
  expect_bad(parse_meminfo, replaced(meminfo, "24684096 kB", "24684096 MB"), "kB");
  expect_bad(parse_loadavg, "0.1 0.2 0.3\n", "running/total");
  expect_bad(parse_loadavg, "0.1 0.2 0.3 394\n", "running/total");
  expect_bad(parse_loadavg, "\n", "running/total");
  expect_bad(parse_net_dev, "eth0: 1 2 3\n", "columns");
  expect_bad(parse_net_dev, net_dev("eth0 100 10 1 2\n"), "names no interface");
  expect_bad(parse_net_dev, net_dev(" : 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n"), "names no interface");
  expect_bad(parse_net_dev, net_dev("eth0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n"), "16 counters");
}

TEST(ProcText, RefusesDuplicateLines) {
  expect_bad(parse_stat, std::string(stat) + stat, "two lines 'cpu'");
  expect_bad(parse_meminfo, std::string(meminfo) + meminfo, "two lines 'MemTotal:'");
  const std::string eth0 = "  eth0: 100 10 1 2 0 0 0 0 200 20 3 4 0 0 0 0\n";
  expect_bad(parse_net_dev, net_dev(eth0 + eth0), "two lines of 'eth0'");
}

TEST(ProcText, QuotesForeignTextShortAndPrintable) {
  const std::string noise = "\x1b[31m" + std::string(100'000, '\x80') + "\n";
  expect_bad(parse_loadavg, noise, "?[31m???");
  expect_bad(parse_net_dev, net_dev(noise), "?[31m???");
}

TEST(ProcText, AcceptsOrRefusesAnyDamagedText) {
  std::mt19937 random(1);
  const auto damage = [&](auto parse, const std::string& whole) {
    for (int i = 0; i < 3000; ++i) {
      std::string text = whole;
      for (int j = 0; j < 3; ++j) {
        const std::size_t at = random() % text.size();
        if (random() % 2 == 0) text[at] = static_cast<char>(random() % 256);
        if (random() % 4 == 0) text.erase(at, random() % 20);
        if (text.empty()) break;
      }
      try {
        static_cast<void>(parse(text));
      } catch (const BadText&) {
      }
    }
  };
  damage(parse_stat, stat);
  damage(parse_meminfo, meminfo);
  damage(parse_loadavg, loadavg);
  damage(parse_net_dev, test::MadeProc::net_dev({{"eth0", 1, 2}, {"eth1", 3, 4}}));
}

}  // namespace
}  // namespace shm::programs
