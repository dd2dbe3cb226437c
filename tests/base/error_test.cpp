// SPDX-License-Identifier: Apache-2.0

// Messages of errors name the object, the place and the remedy; their members have the numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <set>

#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template <class Expected, class Act>
Expected caught(Act act) {
  try {
    act();
  } catch (const Expected& error) {
    return error;
  }
  throw std::runtime_error("nothing of that type was thrown");
}

class ErrorMembers : public ::testing::Test {
 protected:
  test::TestDirectory directory;
};

static_assert(std::is_base_of_v<std::runtime_error, Error>);
static_assert(std::is_base_of_v<SystemError, PermissionDenied>);
static_assert(std::is_base_of_v<SystemError, NoSpace>);
static_assert(std::is_base_of_v<OverlapsError, OverlapsPast>);
static_assert(std::is_base_of_v<OverlapsError, OverlapsFuture>);

TEST_F(ErrorMembers, WriterExistsNamesTheFirstWriter) {
  const Writer<int> out("lab/numbers");
  const auto error = caught<WriterExists>([] { Writer<int>("lab/numbers"); });
  EXPECT_EQ(error.pid(), ::getpid());
  EXPECT_EQ(error.program(), out.info().writer.program);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("lab/numbers"), HasSubstr(std::to_string(::getpid())),
                                  HasSubstr(error.program())));
}

TEST_F(ErrorMembers, OverlapsErrorsCarryTheRequestedAndTheReadableRange) {
  Writer<int> out("numbers", {.history = 10});
  for (int i = 0; i < 5000; ++i) out.append(i);
  Reader<int> reader("numbers", Start::oldest());
  const auto past = caught<OverlapsPast>([&] { static_cast<void>(reader[{3, 7}]); });
  EXPECT_EQ(past.asked(), (IndexRange{3, 7}));
  EXPECT_EQ(past.readable(), reader.readable());
  EXPECT_THAT(past.what(), AllOf(HasSubstr("numbers"), HasSubstr("3:7"), HasSubstr(":5000")));
  const auto future = caught<OverlapsFuture>([&] { static_cast<void>(reader[5000]); });
  EXPECT_EQ(future.asked(), (IndexRange{5000, 5001}));
  EXPECT_THAT(future.what(), AllOf(HasSubstr("5000"), HasSubstr(":5000")));
}

TEST_F(ErrorMembers, TypeMismatchNamesBothTypes) {
  const Writer<int> out("numbers");
  const auto error = caught<TypeMismatch>([] { Reader<std::int64_t>("numbers", Start::oldest()); });
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("<i"), HasSubstr("<q"), HasSubstr("4 bytes"), HasSubstr("8 bytes")));
  EXPECT_THROW(Reader<float>("numbers", Start::oldest()), TypeMismatch);
  EXPECT_THROW(Reader<unsigned>("numbers", Start::oldest()), TypeMismatch);
  EXPECT_THROW((Reader<std::array<int, 1>>("numbers", Start::oldest())), TypeMismatch);
  EXPECT_THROW(RawReader("numbers", Start::oldest(), {}, "<i:name:"), TypeMismatch);
  EXPECT_NO_THROW(RawReader("numbers", Start::oldest(), {}, "<l"));
  EXPECT_NO_THROW(RawReader("numbers", Start::oldest()));
}

TEST_F(ErrorMembers, TextThatIsNoFormatThrowsInvalidArgument) {
  const Writer<int> out("numbers");
  EXPECT_THROW(RawReader("numbers", Start::oldest(), {}, "?!"), InvalidArgument);
  EXPECT_THROW(RawWriter("other", "q"), InvalidArgument);
}

TEST_F(ErrorMembers, SystemErrorCarriesErrnoAndThePath) {
  std::filesystem::create_symlink("elsewhere", directory.path() / "numbers.stream");
  const auto error = caught<SystemError>([] { Reader<int>("numbers", Start::oldest()); });
  EXPECT_EQ(error.error(), ELOOP);
  EXPECT_THAT(error.what(), HasSubstr("numbers.stream"));
}

TEST_F(ErrorMembers, NotFoundNamesTheStreamAndTheDirectory) {
  const auto error = caught<NotFound>([] { Reader<int>("numbers", Start::oldest()); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("numbers"), HasSubstr(directory.path().string())));
}

TEST_F(ErrorMembers, ClaimThatIsTooLargeNamesTheLimit) {
  Writer<int> out("numbers", {.history = 100, .max_claim = 7});
  const auto error = caught<InvalidArgument>([&] { static_cast<void>(out.claim(8)); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("8 items"), HasSubstr("7"), HasSubstr("max_claim")));
}

TEST_F(ErrorMembers, WaitForMoreThanTheHistoryNamesTheHistory) {
  Writer<int> out("numbers", {.history = 100});
  Reader<int> reader("numbers", Start::oldest());
  std::vector<int> room(101);
  const auto error = caught<InvalidArgument>([&] { static_cast<void>(reader.read(room)); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("101"), HasSubstr("100"), HasSubstr("history")));
}

TEST(Status, TextsAreAllDifferent) {
  std::set<std::string_view> texts;
  for (const Status status : {Status::ok, Status::not_yet, Status::timed_out, Status::ended, Status::lost,
                              Status::interrupted, Status::writer_lost}) {
    texts.insert(to_string(status));
  }
  EXPECT_EQ(texts.size(), 7U);
}

}  // namespace
}  // namespace shm
