// SPDX-License-Identifier: Apache-2.0

// Owned and Shared destroy their object once, and where its class is known.
#include "shm/base/owned.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <type_traits>
#include <vector>

namespace shm {
namespace {

struct Part {
  explicit Part(int& destroyed) : count(&destroyed) {}
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() { ++*count; }
  int* count;
};

class Unknown;
static_assert(sizeof(Owned<Unknown>) > 0 && sizeof(Shared<Unknown>) > 0);
static_assert(!std::is_copy_constructible_v<Owned<Part>>);
static_assert(std::is_nothrow_move_constructible_v<Owned<Part>> &&
              std::is_nothrow_move_assignable_v<Owned<Part>>);
static_assert(std::is_nothrow_copy_constructible_v<Shared<Part>>);
static_assert(std::is_convertible_v<Shared<Part>, Shared<const void>>);
static_assert(!std::is_convertible_v<Shared<const Part>, Shared<Part>>);

TEST(Owned, DestroysItsObjectOnce) {
  int destroyed = 0;
  {
    Owned<Part> first = std::make_unique<Part>(destroyed);
    Owned<Part> second = std::move(first);
    EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move)
    EXPECT_EQ(second->count, &destroyed);
    EXPECT_EQ(destroyed, 0);
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(Owned, AssignmentDestroysTheOldObject) {
  int destroyed = 0;
  int other_destroyed = 0;
  Owned<Part> owned = std::make_unique<Part>(destroyed);
  owned = std::make_unique<Part>(other_destroyed);
  EXPECT_EQ(destroyed, 1);
  owned.reset();
  EXPECT_EQ(other_destroyed, 1);
  EXPECT_TRUE(owned == nullptr);
}

TEST(Shared, LastOneDestroysTheObject) {
  int destroyed = 0;
  Shared<Part> first = std::make_unique<Part>(destroyed);
  Shared<const void> second = first;
  const Shared<const Part> third = Shared<Part>(first);
  first = nullptr;
  second.reset();
  EXPECT_EQ(destroyed, 0);
  EXPECT_EQ((*third).count, &destroyed);
  second = third;
  EXPECT_EQ(second.get(), third.get());
}

TEST(Shared, KeepsASharedPtr) {
  int destroyed = 0;
  auto pointer = std::make_shared<Part>(destroyed);
  Shared<Part> shared = pointer;
  pointer.reset();
  EXPECT_EQ(destroyed, 0);
  shared.reset();
  EXPECT_EQ(destroyed, 1);
}

TEST(Shared, NullPointerIsEmpty) {
  const Shared<Part> shared = std::shared_ptr<Part>();
  EXPECT_FALSE(shared);
}

TEST(Shared, CopiesInSeveralThreadsDestroyTheObjectOnce) {
  int destroyed = 0;
  {
    const Shared<Part> shared = std::make_unique<Part>(destroyed);
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([copy = shared] {
        for (int n = 0; n < 1000; ++n) const Shared<Part> another = copy;
      });
    }
  }
  EXPECT_EQ(destroyed, 1);
}

}  // namespace
}  // namespace shm
