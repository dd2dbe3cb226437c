// SPDX-License-Identifier: Apache-2.0

// Many readers, in several processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/checked_item.hpp"
#include "support/print.hpp"
#include "support/process.hpp"
#include "support/sanitizers.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::eventually;
using test::Process;
using Item = test::CheckedItem<4>;

constexpr Index items = 500;

/// Runs this number of readers in one process; each of them must read every item and then the end.
int read_everything(int readers) {
  std::vector<Reader<Item>> all;
  for (int i = 0; i < readers; ++i) all.emplace_back("items", Start::oldest());
  Writer<int>("attached/" + std::to_string(::getpid())).detach();  // shows the test that they are attached
  for (Index at = 0; at <= items; ++at) {
    for (Reader<Item>& reader : all) {
      const auto next = reader.next(60s);
      if (at == items) {
        if (next.status != Status::ended) return 2;
      } else if (next.status != Status::ok || !test::is_item(*next, at)) {
        return 1;
      }
    }
  }
  return 0;
}

class ManyReadersTest : public ::testing::Test {
 protected:
  void read_in(int processes, int readers_each, std::size_t listed) {
    std::vector<std::unique_ptr<Process>> children;
    for (int i = 0; i < processes; ++i) {
      children.push_back(std::make_unique<Process>([=] { return read_everything(readers_each); }));
    }
    ASSERT_TRUE(eventually([&] { return list_streams().size() == children.size() + 1; }));
    EXPECT_EQ(out->readers().size(), listed);
    for (Index i = 0; i < items; ++i) out->append(test::checked_item<4>(i));
    out->close();
    for (const auto& child : children) EXPECT_EQ(child->wait(60s).exit_code, 0);
  }

  test::TestDirectory directory;
  std::unique_ptr<Writer<Item>> out =
      std::make_unique<Writer<Item>>("items", StreamOptions{.history = items});
};

TEST_F(ManyReadersTest, TwoHundredReadersReadEveryItem) { read_in(4, 50, 200); }

TEST_F(ManyReadersTest, MoreReadersThanSlotsReadEveryItem) { read_in(3, 100, 256); }

TEST_F(ManyReadersTest, ReadersBeyondTheTableReportThatTheyAreNotListed) {
  std::vector<Reader<Item>> listed;
  for (int i = 0; i < 256; ++i) listed.emplace_back("items", Start::oldest());
  Reader<Item> one_more("items", Start::oldest(), {.name = "one more"});
  EXPECT_FALSE(one_more.is_listed());
  EXPECT_EQ(out->readers().size(), 256U);
  out->append(test::checked_item<4>(0));
  EXPECT_TRUE(test::is_item(one_more.next().item, 0));
  try {
    one_more.enter();
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("full"));
  }
  listed.pop_back();
  one_more.enter();  // there is a free slot now
  EXPECT_TRUE(one_more.is_listed());
  EXPECT_TRUE(one_more.is_entered());
  EXPECT_EQ(out->readers().back().name, "one more");
}

TEST_F(ManyReadersTest, ReadersComeAndGoWithoutDisturbingTheOthers) {
  Reader<Item> stays("items", Start::oldest());
  for (int turn = 0; turn < test::turns(1000); ++turn) {
    out->append(test::checked_item<4>(static_cast<Index>(turn)));
    Reader<Item> visitor("items", Start::newest());
    ASSERT_TRUE(test::is_item(visitor.try_next().item, static_cast<Index>(turn)));
    ASSERT_TRUE(test::is_item(stays.try_next().item, static_cast<Index>(turn)));
    ASSERT_EQ(out->readers().size(), 2U);
  }
}

}  // namespace
}  // namespace shm
