// SPDX-License-Identifier: Apache-2.0

// The producer's side of entering and exiting: a Demand that is polled in a loop.
#include "shm/source/demand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

class DemandTest : public ::testing::Test {
 protected:
  Reader<int> reader() { return {"numbers", Start::next()}; }

  /// Runs `act` on another thread while this thread, the producer, serves requests.
  template <class Act>
  void while_answering(Demand& demand, Act act) {
    std::atomic<bool> done{false};
    std::thread other([&] {
      act();
      done = true;
    });
    while (!done) {
      const bool wanted = demand.wanted();
      if (wanted && !demand.is_running()) demand.started();
      if (!wanted && demand.is_running()) demand.stopped();
      std::this_thread::yield();
    }
    other.join();
  }

  test::TestDirectory directory;
  Writer<int> out{"numbers"};
};

TEST_F(DemandTest, IsNotWantedWithoutAReader) {
  Demand demand(out.raw());
  EXPECT_FALSE(demand.wanted());
  EXPECT_FALSE(demand.wait(1ms));
  EXPECT_EQ(out.info().source.state, layout::SourceState::stopped);
}

TEST_F(DemandTest, IsWantedWhileAReaderIsEntered) {
  Demand demand(out.raw());
  Reader<int> r = reader();
  while_answering(demand, [&] { r.enter(); });
  EXPECT_TRUE(demand.wanted());
  EXPECT_TRUE(demand.is_running());
  EXPECT_TRUE(r.source_is_started());
  EXPECT_TRUE(out.readers()[0].entered);
  while_answering(demand, [&] { r.exit(); });
  EXPECT_FALSE(demand.wanted());
  EXPECT_FALSE(demand.is_running());
  EXPECT_FALSE(r.source_is_started());
  EXPECT_FALSE(out.readers()[0].entered);
}

TEST_F(DemandTest, EnterWaitsForTheControlFile) {
  Demand demand(out.raw());
  const auto control = directory.path() / "numbers.control";
  std::filesystem::rename(control, directory.path() / "aside");
  Reader<int> r = reader();
  EXPECT_THROW(r.enter(5ms), TimedOut);
  EXPECT_FALSE(r.is_entered());
  std::thread later([&] {
    std::this_thread::sleep_for(20ms);
    std::filesystem::rename(directory.path() / "aside", control);
  });
  while_answering(demand, [&] { r.enter(); });
  later.join();
  EXPECT_TRUE(r.is_entered());
  EXPECT_TRUE(r.is_listed());
}

TEST_F(DemandTest, AWaitSeesAnEarlierEntryAtOnce) {
  Reader<int> r = reader();
  r.enter();  // no source yet: the request is only stored
  Demand demand(out.raw());
  const auto before = Clock::now();
  EXPECT_TRUE(demand.wait(20s));
  EXPECT_LT(Clock::now() - before, 10s);
}

TEST_F(DemandTest, AnEntryEndsAWait) {
  Demand demand(out.raw());
  std::thread other([&] {
    Reader<int> r = reader();
    r.enter();
  });
  EXPECT_TRUE(demand.wait(Deadline::never()));
  demand.started();
  EXPECT_FALSE(demand.wait(Deadline::never()));  // the reader was destroyed
  demand.stopped();
  other.join();
}

TEST_F(DemandTest, AWaitIsInterrupted) {
  Demand demand(out.raw());
  Interrupt stop;
  std::thread other([&] { stop.trigger(); });
  EXPECT_FALSE(demand.wait(Deadline::never(), &stop));
  other.join();
}

TEST_F(DemandTest, LingersFromTheExitOn) {
  Demand demand(out.raw(), {.linger = 2s});
  Reader<int> r = reader();
  while_answering(demand, [&] { r.enter(); });
  std::this_thread::sleep_for(2100ms);  // one long pass of the capture loop
  while_answering(demand, [&] { r.exit(); });
  EXPECT_TRUE(demand.wanted());
}

TEST_F(DemandTest, IsAlwaysWantedWithThePolicyAlways) {
  Demand demand(out.raw(), {.always = true});
  EXPECT_TRUE(demand.wanted());
  EXPECT_TRUE(demand.wait(Deadline::now()));
}

TEST_F(DemandTest, AFailureIsNotRetriedUntilAReaderEntersAnew) {
  Demand demand(out.raw());
  Reader<int> one = reader();
  Reader<int> two = reader();
  while_answering(demand, [&] {
    one.enter();
    two.enter();
  });
  demand.failed("the cable broke");
  EXPECT_FALSE(demand.wanted());
  std::atomic<bool> exited{false};
  std::thread other([&] {
    one.exit();
    exited = true;
  });
  while (!exited) EXPECT_FALSE(demand.wanted());
  const auto until = Clock::now() + 600ms;  // looked again at least twice
  while (Clock::now() < until) ASSERT_FALSE(demand.wanted());
  other.join();
  while_answering(demand, [&] { one.enter(); });
  EXPECT_TRUE(demand.is_running());
}

TEST_F(DemandTest, EnterThrowsTheTextOfTheSource) {
  Demand demand(out.raw());
  std::string words;
  std::atomic<bool> done{false};
  std::thread other([&] {
    Reader<int> r = reader();
    try {
      r.enter();
    } catch (const SourceFailed& error) {
      words = error.what();
    }
    done = true;
  });
  while (!done) {
    if (demand.wanted()) demand.failed("no such device: hw:7");
    std::this_thread::yield();
  }
  other.join();
  EXPECT_THAT(words, HasSubstr("no such device: hw:7"));
  EXPECT_THAT(words, HasSubstr("numbers"));
}

TEST_F(DemandTest, ALongTextOfTheSourceIsCut) {
  Demand demand(out.raw());
  demand.failed(std::string(10'000, 'x'));
  EXPECT_EQ(out.info().source.error, std::string(247, 'x'));
}

TEST_F(DemandTest, EnterReturnsAtOnceAfterTheSourceWasDestroyed) {
  {
    const Demand demand(out.raw());
    EXPECT_EQ(out.info().source.state, layout::SourceState::stopped);
  }
  EXPECT_EQ(out.info().source.state, layout::SourceState::none);
}

// --- entering without a source that starts ---

TEST_F(DemandTest, EnterOnAStreamWithoutASourceOnlyStoresTheRequest) {
  Reader<int> r = reader();
  r.enter();
  EXPECT_TRUE(r.is_entered());
  EXPECT_TRUE(out.readers()[0].entered);
  EXPECT_FALSE(r.source_is_started());
  r.exit();
  EXPECT_FALSE(out.readers()[0].entered);
}

TEST_F(DemandTest, EnterWaitsForASourceThatIsDeclared) {
  out = Writer<int>("later", {.has_source = true});
  Reader<int> r("later", Start::next());
  EXPECT_THROW(r.enter(5ms), TimedOut);
  EXPECT_FALSE(r.is_entered());
  EXPECT_EQ(out.info().source.state, layout::SourceState::stopped);
  out.detach();
  out = Writer<int>("later", {.has_source = true});  // the same for the next writer
  EXPECT_THROW(r.enter(5ms), TimedOut);
  Demand demand(out.raw());
  while_answering(demand, [&] { r.enter(); });
  EXPECT_TRUE(r.source_is_started());
}

TEST_F(DemandTest, EnterTimesOutIfTheSourceDoesNotStart) {
  Demand demand(out.raw());
  Reader<int> r = reader();
  EXPECT_THROW(r.enter(5ms), TimedOut);
  EXPECT_FALSE(r.is_entered());
  EXPECT_FALSE(out.readers()[0].entered);
}

TEST_F(DemandTest, EnterTimesOutAndReportsADeadProducer) {
  Reader<int> r = reader();
  out.detach();
  try {
    r.enter(5ms);
    FAIL();
  } catch (const TimedOut& error) {
    EXPECT_THAT(error.what(), HasSubstr("not running"));
  }
}

TEST_F(DemandTest, EnterThrowsEndedOnAStreamThatEnded) {
  Reader<int> r = reader();
  out.close();
  EXPECT_THROW(r.enter(), Ended);
  EXPECT_FALSE(r.is_entered());
}

TEST_F(DemandTest, EnterIsInterrupted) {
  const Demand demand(out.raw());
  Interrupt stop;
  stop.trigger();
  Reader<int> r("numbers", Start::next(), {.interrupt = &stop});
  EXPECT_THROW(r.enter(), Interrupted);
  EXPECT_FALSE(r.is_entered());
}

TEST_F(DemandTest, EnterRefusesAReaderThatIsNotListed) {
  std::filesystem::remove(directory.path() / "numbers.control");
  Reader<int> r = reader();
  EXPECT_FALSE(r.is_listed());
  EXPECT_THROW(r.enter(5ms), TimedOut);  // another writer may still make the file
}

TEST_F(DemandTest, EnterTimesOutOnANewControlFileWhoseSourceDoesNotStart) {
  {
    Demand demand(out.raw());
    Reader<int> r = reader();
    for (int i = 0; i < 3; ++i) {
      while_answering(demand, [&] { r.enter(); });
      while_answering(demand, [&] { r.exit(); });
    }
  }
  out.detach();
  std::filesystem::remove(directory.path() / "numbers.control");
  out = Writer<int>("numbers");
  const Demand demand(out.raw());
  Reader<int> r = reader();
  EXPECT_THROW(r.enter(5ms), TimedOut);
}

}  // namespace
}  // namespace shm
