// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "shm/storage/catalog.hpp"
#include "shm/stream/writer.hpp"
#include "support/process.hpp"
#include "support/test_directory.hpp"

namespace {

using nlohmann::json;
using shm::test::Finished;

Finished shm_program(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), SHM_PROGRAM_shm);
  return shm::test::run(arguments);
}

void leave_stream(const std::string& name, bool persistent = false) {
  shm::Writer<int>(name, {.persistent = persistent}).detach();
}

TEST(ShmRm, RemovesStreams) {
  const shm::test::TestDirectory directory;
  leave_stream("a");
  leave_stream("b/c");
  EXPECT_EQ(shm_program({"rm", "a", "b/c"}).exit_code, 0);
  EXPECT_TRUE(shm::list_streams().empty());
}

TEST(ShmRm, ContinuesAfterAMissingStreamAndFails) {
  const shm::test::TestDirectory directory;
  leave_stream("a");
  const Finished finished = shm_program({"rm", "missing", "a"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_NE(finished.err.find("'missing'"), std::string::npos);
  EXPECT_TRUE(shm::list_streams().empty());
}

TEST(ShmRm, RemovesAWrittenStreamOnlyWithForce) {
  const shm::test::TestDirectory directory;
  shm::Writer<int> out("live");
  const Finished refused = shm_program({"rm", "live"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.err.find("--force"), std::string::npos) << refused.err;
  EXPECT_EQ(shm::list_streams().size(), 1U);
  EXPECT_EQ(shm_program({"rm", "--force", "live"}).exit_code, 0);
  EXPECT_TRUE(shm::list_streams().empty());
}

TEST(ShmGc, RemovesStreamsWithoutWriterAndReaders) {
  const shm::test::TestDirectory directory;
  leave_stream("dead");
  leave_stream("kept", true);
  shm::Writer<int> live("live");
  const json dry = json::parse(shm_program({"gc", "--dry-run", "--json"}).out);
  EXPECT_EQ(dry, json::parse(R"({"dry_run":true,"removed":["dead"]})"));
  EXPECT_EQ(shm::list_streams().size(), 3U);
  EXPECT_EQ(shm_program({"gc"}).out, "removed dead\n");
  EXPECT_EQ(shm_program({"gc", "--persistent"}).out, "removed kept\n");
  EXPECT_EQ(shm::list_streams(), std::vector<std::string>{"live"});
}

}  // namespace
