// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::Finished;

Finished shm_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SHM_PROGRAM_shm);
  return shm::test::run(arguments);
}

class ShmEvict : public ::testing::Test {
 protected:
  [[nodiscard]] static shm::Reader<int> keeper(const std::string& name) {
    return {"numbers", shm::Start::next(), {.name = name, .lossless = shm::Acknowledge::with_read}};
  }
  void fill() {
    while (out.append(1)) {
    }
  }
  shm::test::TestDirectory directory;
  shm::Writer<int> out{"numbers",
                       {.history = 64, .lossless = shm::LosslessOptions{.when_full = shm::WhenFull::drop}}};
};

TEST_F(ShmEvict, LetsTheWriterGoOn) {
  shm::Reader<int> slow = keeper("slow");
  fill();
  EXPECT_NE(shm_of({"ls"}).out.find("held back by slow (process " + std::to_string(::getpid())),
            std::string::npos)
      << shm_of({"ls"}).out;
  const json listed = json::parse(shm_of({"ls", "--json"}).out).at(0);
  EXPECT_TRUE(listed.at("lossless"));
  EXPECT_EQ(listed.at("dropped_items"), 1);
  EXPECT_EQ(listed.at("held_back_by").at(0).at("name"), "slow");
  EXPECT_NE(shm_of({"info", "numbers"}).out.find("holds back at 0"), std::string::npos);
  EXPECT_NE(shm_of({"info", "numbers"}).out.find("yes, held back, 1 item dropped"), std::string::npos)
      << shm_of({"info", "numbers"}).out;

  const Finished evicted = shm_of({"evict", "numbers"});
  EXPECT_EQ(evicted.exit_code, 0) << evicted.err;
  EXPECT_EQ(evicted.out.find("evicted slow (process " + std::to_string(::getpid())), 0U) << evicted.out;
  EXPECT_TRUE(out.append(1));
  EXPECT_EQ(slow.next().status, shm::Status::evicted);
  EXPECT_EQ(shm_of({"ls"}).out.find("held back"), std::string::npos);
}

TEST_F(ShmEvict, SucceedsIfNoReaderHoldsTheWriterBack) {
  const shm::Reader<int> quick = keeper("quick");
  const Finished finished = shm_of({"evict", "numbers"});
  EXPECT_EQ(finished.exit_code, 0);
  EXPECT_NE(finished.err.find("nobody holds stream 'numbers' back"), std::string::npos) << finished.err;
  EXPECT_TRUE(quick.is_lossless());
}

TEST_F(ShmEvict, EvictsByNameAndProcess) {
  const shm::Reader<int> a = keeper("a");
  const shm::Reader<int> b = keeper("b");
  const json byname = json::parse(shm_of({"evict", "numbers", "--name", "a", "--json"}).out);
  EXPECT_EQ(byname.at("evicted").size(), 1U);
  EXPECT_EQ(byname.at("evicted").at(0).at("name"), "a");
  EXPECT_FALSE(a.is_lossless());
  EXPECT_TRUE(b.is_lossless());
  EXPECT_EQ(shm_of({"evict", "numbers", "--pid", "1"}).exit_code, 1);
  EXPECT_EQ(shm_of({"evict", "numbers", "--pid", std::to_string(::getpid())}).exit_code, 0);
  EXPECT_FALSE(b.is_lossless());
  EXPECT_EQ(shm_of({"evict", "numbers", "--all"}).exit_code, 1);
}

TEST_F(ShmEvict, ReportsWrongStreamsAndReaders) {
  const shm::Writer<int> other("other");
  const Finished not_lossless = shm_of({"evict", "other"});
  EXPECT_EQ(not_lossless.exit_code, 1);
  EXPECT_NE(not_lossless.err.find("not lossless"), std::string::npos) << not_lossless.err;
  EXPECT_EQ(shm_of({"evict", "nothing"}).exit_code, 1);
  EXPECT_EQ(shm_of({"evict"}).exit_code, 2);
  EXPECT_EQ(shm_of({"evict", "numbers", "--all", "--name", "a"}).exit_code, 2);
}

}  // namespace
