// SPDX-License-Identifier: Apache-2.0
#include "verification/crash/every_instruction.hpp"

#include <gtest/gtest.h>

#include <iostream>

#include "support/exhaustive.hpp"
#include "verification/crash/directory_image.hpp"
#include "verification/crash/stepped_process.hpp"

namespace shm::test {
namespace {

using State = SteppedProcess::State;

/// A second directory, beside the test's own, which stays the one of LIBSHM_DIR.
class Graveyard {
 public:
  explicit Graveyard(const std::filesystem::path& beside) : path_(beside.string() + "-left") {
    std::filesystem::create_directory(path_);
  }
  ~Graveyard() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Graveyard(const Graveyard&) = delete;
  Graveyard& operator=(const Graveyard&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Returns whether to check this state: all of them, or the first and then one of seven. Thus the part of an item or
/// a counter that is checked changes from lap to lap.
bool is_checked(std::uint64_t state) { return exhaustive() || state <= 20 || state % 7 == 0; }

}  // namespace

Points check_at_every_instruction(const TestDirectory& directory, const Work& work) {
  using namespace std::chrono_literals;
  const Graveyard graveyard(directory.path());
  DirectoryImage image(directory.path());
  SteppedProcess process(work.act);
  Points points;
  bool made_system_call = true;  // the state before the first instruction is checked, too
  while (process.state() == State::standing) {
    if ((image.take(made_system_call) || made_system_call) && is_checked(++points.states)) {
      SCOPED_TRACE(testing::Message() << "in " << work.name << ", after " << points.instructions
                                      << " instructions and " << points.system_calls << " system calls");
      image.put_into(graveyard.path());
      work.bury(graveyard.path());
      work.look();
      if (testing::Test::HasFailure()) return points;
      image.take(true);  // the checks may have written
    }
    made_system_call = process.is_before_system_call();
    points.system_calls += made_system_call ? 1 : 0;
    if (made_system_call && work.wake) {
      if (process.step(StepBy::instruction, 50ms) == State::asleep) {
        work.wake();
        process.step(StepBy::instruction);
      }
    } else {
      process.step(StepBy::instruction);
    }
    ++points.instructions;
  }
  EXPECT_EQ(process.state(), State::finished) << work.name;
  work.look();
  EXPECT_TRUE(process.run_to_its_end()) << work.name;
  std::cout << "[  POINTS  ] " << work.name << ": " << points.instructions << " instructions, "
            << points.system_calls << " of them system calls; " << points.states
            << " states that others can see, " << (exhaustive() ? "all" : "every seventh") << " checked\n";
  return points;
}

}  // namespace shm::test
