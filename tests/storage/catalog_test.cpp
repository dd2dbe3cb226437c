// SPDX-License-Identifier: Apache-2.0

// Lists of streams and of readers, and the removal of streams without writer and reader.
#include "shm/storage/catalog.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"
#include "support/print.hpp"
#include "support/test_directory.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using NameList = std::vector<std::string>;
namespace fs = std::filesystem;

class Catalog : public ::testing::Test {
 protected:
  void leave(const std::string& name, const StreamOptions& options = {.history = 10}) {
    Writer<int> out(name, options);
    out.append(1);
    out.detach();
  }
  void make_old(const fs::path& file) {
    fs::last_write_time(directory.path() / file, fs::file_time_type::clock::now() - 10min);
  }
  void write_file(const fs::path& file) { std::ofstream(directory.path() / file) << "x"; }
  [[nodiscard]] bool is_there(const fs::path& file) const { return fs::exists(directory.path() / file); }
  [[nodiscard]] bool nothing_is_there() const { return fs::is_empty(directory.path()); }

  test::TestDirectory directory;
};

// --- listing ---

TEST_F(Catalog, ListsStreamsByName) {
  for (const char* name : {"z", "a", "lab/mic", "lab/a/b", "m.1"}) leave(name);
  EXPECT_EQ(list_streams(), (NameList{"a", "lab/a/b", "lab/mic", "m.1", "z"}));
}

TEST_F(Catalog, ListsNothingInAnEmptyOrMissingDirectory) {
  EXPECT_TRUE(list_streams().empty());
  EXPECT_TRUE(list_streams(directory.path() / "missing").empty());
  EXPECT_TRUE(collect_garbage({}, directory.path() / "missing").empty());
}

TEST_F(Catalog, DoesNotListOtherThingsNamedLikeAStream) {
  leave("x.stream/y");
  fs::create_directory(directory.path() / "d.stream");
  ::mkfifo((directory.path() / "fifo.stream").c_str(), 0600);
  fs::create_symlink("x.stream/y.stream", directory.path() / "link.stream");
  write_file(".hidden.stream");
  write_file("not a name.stream");
  write_file("other.txt");
  EXPECT_EQ(list_streams(), NameList{"x.stream/y"});
}

TEST_F(Catalog, ListsTheStreamsOfAnotherDirectory) {
  const std::string other = directory.path() / "other";
  leave("numbers", {.history = 10, .directory = other});
  EXPECT_EQ(list_streams(other), NameList{"numbers"});
  EXPECT_EQ(stream_info("numbers", other).items.inserted, 1U);
}

TEST_F(Catalog, TakesTheDefaultDirectoryFromTheEnvironment) {
  EXPECT_EQ(default_directory(), directory.path());
  ::setenv("LIBSHM_DIR", "", 1);
  EXPECT_EQ(default_directory(), "/dev/shm/libshm");
  ::unsetenv("LIBSHM_DIR");
  EXPECT_EQ(default_directory(), "/dev/shm/libshm");
}

// --- describing ---

TEST_F(Catalog, ReportsTheStateOfAStream) {
  Writer<int> out("numbers", {.history = 10});
  EXPECT_EQ(stream_info("numbers").writer.state, WriterState::live);
  for (int i = 0; i < 5000; ++i) out.append(i);
  const StreamInfo info = stream_info("numbers");
  EXPECT_EQ(info.items.inserted, 5000U);
  EXPECT_GT(info.items.oldest, 0U);
  EXPECT_LE(info.items.oldest, 4990U);
  out.detach();
  EXPECT_EQ(stream_info("numbers").writer.state, WriterState::lost);
  { Writer<int> again("numbers", {.history = 10, .persistent = true}); }
  EXPECT_EQ(stream_info("numbers").writer.state, WriterState::ended);
}

TEST_F(Catalog, ThrowsNotFoundForAMissingStream) {
  EXPECT_THROW(static_cast<void>(stream_info("numbers")), NotFound);
  EXPECT_THROW(static_cast<void>(stream_readers("numbers")), NotFound);
  EXPECT_THROW(remove_stream("numbers"), NotFound);
  EXPECT_THROW(static_cast<void>(stream_info("deep/numbers")), NotFound);
}

TEST_F(Catalog, ListsReadersWhileTheyAreAttached) {
  Writer<int> out("numbers");
  EXPECT_TRUE(stream_readers("numbers").empty());
  {
    Reader<int> one("numbers", Start::oldest(), {.name = "one"});
    Reader<int> two("numbers", Start::oldest(), {.name = std::string(200, 'x')});
    ASSERT_EQ(stream_readers("numbers").size(), 2U);
    EXPECT_EQ(stream_readers("numbers")[0].name, "one");
    EXPECT_EQ(stream_readers("numbers")[1].name, std::string(63, 'x'));
    EXPECT_EQ(stream_readers("numbers")[1].pid, ::getpid());
  }
  EXPECT_TRUE(stream_readers("numbers").empty());
}

TEST_F(Catalog, CannotListReadersWithoutAControlFile) {
  leave("numbers");
  fs::remove(directory.path() / "numbers.control");
  EXPECT_THROW(static_cast<void>(stream_readers("numbers")), PermissionDenied);
}

// --- removing ---

TEST_F(Catalog, RemovesAStreamWithItsEmptyDirectories) {
  leave("a/b/c");
  leave("a/d");
  remove_stream("a/b/c");
  EXPECT_FALSE(is_there("a/b"));
  EXPECT_EQ(list_streams(), NameList{"a/d"});
  remove_stream("a/d");
  EXPECT_TRUE(nothing_is_there());
}

TEST_F(Catalog, EndsARemovedStreamForItsReaders) {
  leave("numbers");
  Reader<int> reader("numbers", Start::oldest());
  remove_stream("numbers");
  EXPECT_EQ(reader.next().item, 1);
  EXPECT_EQ(reader.next().status, Status::ended);
  EXPECT_TRUE(nothing_is_there());
}

TEST_F(Catalog, RemovesALiveStreamOnlyByForce) {
  Writer<int> out("numbers", {.history = 10});
  Reader<int> reader("numbers", Start::oldest());
  try {
    remove_stream("numbers");
    FAIL();
  } catch (const WriterExists& error) {
    EXPECT_EQ(error.pid(), ::getpid());
    EXPECT_FALSE(error.program().empty());
  }
  EXPECT_TRUE(is_there("numbers.stream"));
  remove_stream("numbers", true);
  EXPECT_TRUE(nothing_is_there());
  out.append(5);  // the writer continues, for readers that are attached
  EXPECT_EQ(reader.next().item, 5);
  out.close();
  EXPECT_EQ(reader.next().status, Status::ended);
}

TEST_F(Catalog, EndsAStreamRemovedByForceWhenItsWriterDies) {
  Writer<int> out("numbers");
  Reader<int> reader("numbers", Start::oldest());
  remove_stream("numbers", true);
  out.detach();
  EXPECT_EQ(reader.next().status, Status::ended);
}

TEST_F(Catalog, AWriterRemovedByForceLeavesANewStreamOfItsNameAlone) {
  Writer<int> old("numbers", {.history = 10});
  remove_stream("numbers", true);
  Writer<int> next("numbers", {.history = 10});
  next.append(7);
  old.close();
  Reader<int> reader("numbers", Start::oldest());
  EXPECT_EQ(reader.next().item, 7);
  EXPECT_TRUE(reader.is_listed());
}

TEST_F(Catalog, RemovesADamagedStream) {
  write_file("bad.stream");
  write_file("bad.control");
  remove_stream("bad");
  EXPECT_TRUE(nothing_is_there());
}

// --- garbage ---

TEST_F(Catalog, CollectsStreamsWithoutWriterAndReader) {
  leave("left/behind");
  leave("read");
  leave("kept", {.history = 10, .persistent = true});
  Writer<int> live("live");
  Reader<int> reader("read", Start::oldest());
  EXPECT_EQ(collect_garbage(), NameList{"left/behind"});
  EXPECT_EQ(list_streams(), (NameList{"kept", "live", "read"}));
  EXPECT_FALSE(is_there("left"));
  EXPECT_EQ(reader.next().item, 1);
}

TEST_F(Catalog, CollectsPersistentStreamsOnlyIfAsked) {
  leave("kept", {.history = 10, .persistent = true});
  EXPECT_TRUE(collect_garbage().empty());
  EXPECT_EQ(collect_garbage({.persistent = true}), NameList{"kept"});
  EXPECT_TRUE(nothing_is_there());
}

TEST_F(Catalog, RemovesNothingInADryRun) {
  leave("a");
  leave("b");
  EXPECT_EQ(collect_garbage({.dry_run = true}), (NameList{"a", "b"}));
  EXPECT_EQ(list_streams(), (NameList{"a", "b"}));
  EXPECT_EQ(collect_garbage(), (NameList{"a", "b"}));
  EXPECT_TRUE(collect_garbage().empty());
}

TEST_F(Catalog, CollectsOldFilesOfACreatorThatDied) {
  for (const char* file : {".making-1-2", "alone.control", "x.control", "young.control", ".making-3-4"})
    write_file(file);
  leave("x");
  for (const char* file : {".making-1-2", "alone.control", "x.control"}) make_old(file);
  Reader<int> reader("x", Start::oldest());
  EXPECT_EQ(collect_garbage({.dry_run = true}).size(), 2U);
  EXPECT_EQ(collect_garbage().size(), 2U);
  EXPECT_FALSE(is_there(".making-1-2"));
  EXPECT_FALSE(is_there("alone.control"));
  EXPECT_TRUE(is_there("x.control"));
  EXPECT_TRUE(is_there("young.control"));
  EXPECT_TRUE(is_there(".making-3-4"));
}

TEST_F(Catalog, DoesNotCollectForeignFiles) {
  write_file("bad.stream");
  write_file("other.txt");
  fs::create_directory(directory.path() / "mine.control");
  write_file("mine.control/other.txt");
  make_old("bad.stream");
  make_old("other.txt");
  make_old("mine.control");
  EXPECT_TRUE(collect_garbage().empty());
  EXPECT_TRUE(is_there("bad.stream"));
  EXPECT_TRUE(is_there("other.txt"));
  EXPECT_TRUE(is_there("mine.control"));
}

TEST_F(Catalog, RemovesEmptyDirectoriesOfACreatorThatDied) {
  fs::create_directories(directory.path() / "deep/deeper");
  make_old("deep/deeper");
  EXPECT_TRUE(collect_garbage().empty());
  EXPECT_FALSE(is_there("deep/deeper"));
  EXPECT_TRUE(is_there("deep"));  // it is new, so it may be in use
  make_old("deep");
  EXPECT_TRUE(collect_garbage().empty());
  EXPECT_FALSE(is_there("deep"));
}

TEST_F(Catalog, ThrowsIfTheDirectoryIsAFile) {
  write_file("file");
  const std::string file = directory.path() / "file";
  EXPECT_THROW(Writer<int>("numbers", {.directory = file}), SystemError);
  EXPECT_THROW(Writer<int>("numbers", {.directory = file + "/below"}), SystemError);
}

TEST_F(Catalog, ThrowsIfTheDirectoryIsADanglingLink) {
  const fs::path link = directory.path() / "link";
  fs::create_symlink(directory.path() / "nothing", link);
  EXPECT_THROW(Writer<int>("numbers", {.directory = link}), SystemError);
}

}  // namespace
}  // namespace shm
