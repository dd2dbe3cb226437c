// SPDX-License-Identifier: Apache-2.0

// Names of streams, and the files that they mean.
#include <gtest/gtest.h>

#include "shm/storage/catalog.hpp"
#include "shm/stream/raw_reader.hpp"
#include "shm/stream/raw_writer.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

struct Name {
  std::string text;
  friend void PrintTo(const Name& name, std::ostream* out) {
    if (name.text.size() < 20) {
      *out << ::testing::PrintToString(name.text);
    } else {
      *out << name.text.size() << " bytes";
    }
  }
};

class Names : public ::testing::TestWithParam<Name> {
 protected:
  test::TestDirectory directory;
};

class ValidStreamName : public Names {};
class InvalidStreamName : public Names {};

TEST_P(ValidStreamName, IsAStreamAtThatPath) {
  const std::string& name = GetParam().text;
  RawWriter out(name, "<q");
  EXPECT_TRUE(std::filesystem::is_regular_file(directory.path() / (name + ".stream")));
  EXPECT_TRUE(std::filesystem::is_regular_file(directory.path() / (name + ".control")));
  EXPECT_EQ(list_streams(), std::vector<std::string>{name});
  EXPECT_EQ(RawReader(name, Start::oldest()).info().name, name);
  out.close();
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

INSTANTIATE_TEST_SUITE_P(All, ValidStreamName,
                         ::testing::Values(Name{"a"}, Name{"0"}, Name{"-"}, Name{"_"}, Name{"A.b-c_9"},
                                           Name{"lab/mic"}, Name{"a/b/c/d/e"}, Name{"x.stream"},
                                           Name{"x.control"}, Name{"x.stream/y"}, Name{"x.control/y"},
                                           Name{"a..b"}, Name{"a."}, Name{std::string(200, 'n')},
                                           Name{std::string(99, 'n') + "/" + std::string(100, 'm')}));

TEST_P(InvalidStreamName, IsRefusedByAllFunctions) {
  const std::string& name = GetParam().text;
  EXPECT_THROW(RawWriter(name, "<q"), InvalidArgument);
  EXPECT_THROW(RawReader(name, Start::oldest()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(stream_info(name)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(stream_readers(name)), InvalidArgument);
  EXPECT_THROW(remove_stream(name), InvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(directory.path()));
}

INSTANTIATE_TEST_SUITE_P(
    All, InvalidStreamName,
    ::testing::Values(Name{""}, Name{"/"}, Name{"/a"}, Name{"a/"}, Name{"a//b"}, Name{"."}, Name{".."},
                      Name{".a"}, Name{"a/.b"}, Name{"a/../b"}, Name{"../a"}, Name{"a/.."}, Name{"./a"},
                      Name{"a b"}, Name{"a\nb"}, Name{"a\\b"}, Name{"a:b"}, Name{"a*"}, Name{"\xc3\xbc"},
                      Name{std::string("a\0b", 3)}, Name{std::string("\0", 1)}, Name{"%41"}, Name{"~"},
                      Name{"//"}, Name{".making-1-2"}, Name{"a/.making-1-2"}, Name{"a\tb"}, Name{"a\x1b[2J"},
                      Name{"a\x7f"}, Name{"\xff\xfe"}, Name{"..stream"}, Name{std::string(201, 'n')}));

TEST(StreamNames, MayNestBelowTheNameOfAnother) {
  test::TestDirectory directory;
  RawWriter outer("a", "<q");
  RawWriter inner("a/b", "<q");
  EXPECT_EQ(list_streams(), (std::vector<std::string>{"a", "a/b"}));
  inner.close();
  EXPECT_EQ(list_streams(), std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace shm
