// Names of streams, and the files that they mean.
#include <gtest/gtest.h>

#include "shm/raw_reader.hpp"
#include "shm/raw_writer.hpp"
#include "shm/streams.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

class Names : public ::testing::TestWithParam<std::string> {
 protected:
  test::TestDirectory directory;
};

class GoodNames : public Names {};
class BadNames : public Names {};

TEST_P(GoodNames, AreStreamsAtThatPath) {
  const std::string& name = GetParam();
  RawWriter out(name, "<q");
  EXPECT_TRUE(std::filesystem::is_regular_file(directory.path() / (name + ".stream")));
  EXPECT_TRUE(std::filesystem::is_regular_file(directory.path() / (name + ".control")));
  EXPECT_EQ(list_streams(), std::vector<std::string>{name});
  EXPECT_EQ(RawReader(name, Start::oldest()).info().name, name);
  out.close();
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

INSTANTIATE_TEST_SUITE_P(All, GoodNames,
                         ::testing::Values("a", "0", "-", "_", "A.b-c_9", "lab/mic", "a/b/c/d/e", "x.stream",
                                           "x.control", "x.stream/y", "x.control/y", "a..b", "a.",
                                           std::string(200, 'n'),
                                           std::string(99, 'n') + "/" + std::string(100, 'm')));

TEST_P(BadNames, AreRefusedByEverything) {
  const std::string& name = GetParam();
  EXPECT_THROW(RawWriter(name, "<q"), InvalidArgument);
  EXPECT_THROW(RawReader(name, Start::oldest()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(stream_info(name)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(stream_readers(name)), InvalidArgument);
  EXPECT_THROW(remove_stream(name), InvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

INSTANTIATE_TEST_SUITE_P(All, BadNames,
                         ::testing::Values("", "/", "/a", "a/", "a//b", ".", "..", ".a", "a/.b", "a/../b",
                                           "../a", "a/..", "./a", "a b", "a\nb", "a\\b", "a:b", "a*",
                                           "\xc3\xbc", std::string("a\0b", 3), std::string("\0", 1), "%41",
                                           "~", std::string(201, 'n')));

TEST(NamesOfStreams, MayNestBelowTheNameOfAnother) {
  test::TestDirectory directory;
  RawWriter outer("a", "<q");
  RawWriter inner("a/b", "<q");
  EXPECT_EQ(list_streams(), (std::vector<std::string>{"a", "a/b"}));
  inner.close();
  EXPECT_EQ(list_streams(), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace shm
