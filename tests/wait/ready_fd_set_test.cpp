// SPDX-License-Identifier: Apache-2.0

// Descriptors for wait sets.
#include <gtest/gtest.h>

#include "readable.hpp"
#include "several_streams.hpp"
#include "shm/wait/ready_fd.hpp"
#include "support/open_files.hpp"

namespace shm {
namespace {

using namespace std::chrono_literals;
using test::helpers;
using test::readable;
using test::Several;

TEST(ReadyFdOfSetTest, IsReadableForEachOfItsStreams) {
  Several several(5);
  WaitSet set;
  for (Reader<int>& reader : several.in) set.add(reader.raw());
  ReadyFd ready(set);
  for (std::size_t stream = 0; stream < 5; ++stream) {
    EXPECT_FALSE(readable(ready.fd()));
    several.out[stream].append(1);
    EXPECT_TRUE(readable(ready.fd(), 20s));
    const WaitSet::Result result = set.wait(Deadline::now());
    ASSERT_EQ(result.ready.size(), 1U);
    EXPECT_EQ(result.ready[0].reader, &several.in[stream].raw());
    EXPECT_EQ(ready.rearm(), Status::ok);
    EXPECT_EQ(several.in[stream].try_next().item, 1);
    EXPECT_EQ(ready.rearm(), Status::not_yet);
  }
}

TEST(ReadyFdOfSetTest, FollowsChangesOfTheSet) {
  Several several(3);
  WaitSet set;
  const auto first = set.add(several.in[0].raw());
  ReadyFd ready(set);
  const auto second = set.add(several.in[1].raw(), 2);
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  several.out[1].append(1);
  EXPECT_FALSE(readable(ready.fd()));
  set.want(second, 1);
  EXPECT_EQ(ready.rearm(), Status::ok);
  set.remove(second);
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  several.out[1].append(1);
  set.add(several.in[2].raw());
  set.remove(first);
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  several.out[0].append(1);
  EXPECT_FALSE(readable(ready.fd()));
  several.out[2].append(1);
  EXPECT_TRUE(readable(ready.fd(), 20s));
}

TEST(ReadyFdOfSetTest, IsReadableWhenTheWantedIndexIsPublished) {
  Several several(2);
  WaitSet set;
  set.add(several.in[0].raw());
  set.want_index(set.add(several.in[1].raw()), 2);
  ReadyFd ready(set);
  several.out[1].append(1);
  several.out[1].append(2);
  EXPECT_FALSE(readable(ready.fd()));
  several.out[1].append(3);
  EXPECT_TRUE(readable(ready.fd(), 20s));
  EXPECT_EQ(set.wait(Deadline::now()).ready.size(), 1U);
}

TEST(ReadyFdOfSetTest, IsReadableForEndsAndLosses) {
  Several several(3, {.writer_loss_is_error = true});
  WaitSet set;
  for (Reader<int>& reader : several.in) set.add(reader.raw());
  ReadyFd ready(set);
  several.out[0].close();
  EXPECT_TRUE(readable(ready.fd(), 20s));
  const WaitSet::Result ended = set.wait(Deadline::now());
  ASSERT_EQ(ended.ready.size(), 1U);
  EXPECT_EQ(ended.ready[0].status, Status::ended);
  set.remove(ended.ready[0].id);
  EXPECT_EQ(ready.rearm(), Status::not_yet);
  several.out[2].detach();
  EXPECT_TRUE(readable(ready.fd(), 20s));
  EXPECT_EQ(ready.rearm(), Status::writer_lost);
  const WaitSet::Result lost = set.wait(Deadline::now());
  ASSERT_EQ(lost.ready.size(), 1U);
  EXPECT_EQ(lost.ready[0].status, Status::writer_lost);
  EXPECT_EQ(lost.ready[0].reader, &several.in[2].raw());
}

TEST(ReadyFdOfSetTest, TakesAThreadForEach127Streams) {
  constexpr std::size_t streams = 300;
  if (!test::may_open_streams(streams)) GTEST_SKIP() << test::too_few_files;
  Several several(streams);
  WaitSet set;
  for (Reader<int>& reader : several.in) set.add(reader.raw());
  ReadyFd ready(set);
  EXPECT_EQ(helpers(), 3U);
  for (std::size_t stream = 0; stream < streams; stream += 23) {
    EXPECT_FALSE(readable(ready.fd()));
    several.out[stream].append(1);
    EXPECT_TRUE(readable(ready.fd(), 20s));
    EXPECT_EQ(several.in[stream].try_next().item, 1);
    EXPECT_EQ(ready.rearm(), Status::not_yet);
  }
}

}  // namespace
}  // namespace shm
