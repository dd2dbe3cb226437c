// SPDX-License-Identifier: Apache-2.0
#include "board.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace shm::chaos {

std::string_view name_of(Count count) {
  static constexpr std::array<std::string_view, counts> names{
      "items written",
      "items read and verified",
      "items lost",
      "losses reported",
      "reads told to be overwritten",
      "attaches",
      "ends seen",
      "readers forked",
      "takeovers",
      "new lives",
      "replacements",
      "closes",
      "leaves",
      "refusals of second writers",
      "refusals for lack of room",
      "waits",
      "wakes measured",
      "late wakes",
      "enters",
      "exits",
      "source starts",
      "source failures",
      "listings",
      "garbage collections",
      "streams collected",
      "streams removed",
      "audits",
      "look-ups by key",
      "ranges of keys",
      "ranges told to begin in the past",
      "leaps of keys",
      "items merged",
      "items merged late",
      "records written",
      "records read and verified",
      "appends held back in vain",
      "appends dropped",
      "acknowledgements",
      "readers evicted",
      "evictions seen",
  };
  return names[static_cast<std::size_t>(count)];
}

std::uint64_t Board::total(Count count) const {
  std::uint64_t sum = 0;
  for (const WorkerSlot& slot : slots) {
    sum += slot.counted[static_cast<std::size_t>(count)].load(std::memory_order_relaxed);
  }
  return sum;
}

void Board::report(std::string_view what) {
  const std::uint32_t place = violation_count.fetch_add(1);
  if (place >= max_violations) return;
  Violation& to = violations[place];
  const std::size_t bytes = std::min(what.size(), to.text.size() - 1);
  std::memcpy(to.text.data(), what.data(), bytes);
  to.text[bytes] = '\0';
  to.written.store(1, std::memory_order_release);
}

BoardMemory::BoardMemory() : fd_(::memfd_create("shm-chaos-board", MFD_CLOEXEC)) {
  if (fd_ < 0 || ::ftruncate(fd_, sizeof(Board)) != 0) {
    throw std::system_error(errno, std::generic_category(), "the board's memory");
  }
  map();
}

BoardMemory::BoardMemory(int fd) : fd_(fd) { map(); }

BoardMemory::~BoardMemory() {
  ::munmap(static_cast<void*>(board_), sizeof(Board));
  ::close(fd_);
}

void BoardMemory::map() {
  // A board of zeros is the initial state.
  void* place = ::mmap(nullptr, sizeof(Board), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
  if (place == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "map the board");
  board_ = static_cast<Board*>(place);
}

}  // namespace shm::chaos
