// SPDX-License-Identifier: Apache-2.0
#include "os/sigbus_guard.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>
#include <mutex>

#include "os/system_error.hpp"

namespace shm::os {
namespace {

using Entry = ReplaceableMapping::Entry;

/// Entries, and the next block. Blocks are never freed, since the handler may be reading them.
struct Block {
  std::array<Entry, 64> entries;
  std::atomic<Block*> next{nullptr};
};

Block& first_block() {
  static Block block;
  return block;
}

/// Takes a free entry. `bytes` is stored last: the handler ignores an entry without bytes.
Entry* take_entry(std::uintptr_t begin, std::size_t bytes) {
  for (Block* block = &first_block();;) {
    for (Entry& entry : block->entries) {
      std::uintptr_t is_free = 0;
      // Acquire and release: pairs with the release of `begin` in ReplaceableMapping::release.
      if (!entry.begin.compare_exchange_strong(is_free, begin, std::memory_order_acq_rel)) continue;
      // Release: pairs with the acquire in replace_mapping_at. A handler that sees the size sees the begin.
      entry.bytes.store(bytes, std::memory_order_release);
      return &entry;
    }
    // Acquire: pairs with the release below, by which another thread publishes its block.
    Block* next = block->next.load(std::memory_order_acquire);
    if (next == nullptr) {
      auto* more = new Block;  // stays, see above
      // Release: pairs with the acquire loads of `next`. A thread that sees the block sees its members.
      if (block->next.compare_exchange_strong(next, more, std::memory_order_acq_rel)) {
        next = more;
      } else {
        delete more;
      }
    }
    block = next;
  }
}

/// Puts zeroed memory in place of the mapping that contains this address. False: no entry contains it.
bool replace_mapping_at(std::uintptr_t address) noexcept {
  for (const Block* block = &first_block(); block != nullptr;
       block = block->next.load(std::memory_order_acquire)) {
    for (const Entry& entry : block->entries) {
      const std::size_t bytes = entry.bytes.load(std::memory_order_acquire);
      const std::uintptr_t begin = entry.begin.load(std::memory_order_relaxed);
      if (bytes == 0 || address < begin || address - begin >= bytes) continue;
      // The whole mapping, so that no half of it stays.
      void* const place = reinterpret_cast<void*>(begin);  // NOLINT(performance-no-int-to-ptr)
      return ::mmap(place, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
             place;
    }
  }
  return false;
}

struct sigaction previous {};

void pass_on(int number, ::siginfo_t* info, void* context) noexcept {
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(number, info, context);
  } else if (previous.sa_handler == SIG_IGN && info->si_code <= 0) {
    // A process sent it, and it was ignored before: it still is.
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    // A fault happens again after the return, and kills. A signal that a process sent is raised again.
    ::signal(number, SIG_DFL);
    if (info->si_code <= 0) ::raise(number);
  } else {
    previous.sa_handler(number);
  }
}

void on_bus_error(int number, ::siginfo_t* info, void* context) {
  const int error = errno;
  const bool replaced =
      info->si_code == BUS_ADRERR && replace_mapping_at(reinterpret_cast<std::uintptr_t>(info->si_addr));
  if (!replaced) pass_on(number, info, context);
  errno = error;
}

}  // namespace

ReplaceableMapping::ReplaceableMapping(void* address, std::size_t bytes)
    : entry_(take_entry(reinterpret_cast<std::uintptr_t>(address), bytes)) {}

void ReplaceableMapping::release() noexcept {
  if (entry_ == nullptr) return;
  entry_->bytes.store(0, std::memory_order_release);
  entry_->begin.store(0, std::memory_order_release);
  entry_ = nullptr;
}

void install_replacing_handler() {
  static std::mutex one_at_a_time;
  static bool installed = false;
  const std::lock_guard lock(one_at_a_time);
  if (installed) return;
  static_cast<void>(first_block());  // made before the handler can need it
  // The previous handler is read before this one is installed, so that a signal in between has a handler.
  struct sigaction ours {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  ::sigemptyset(&ours.sa_mask);
  if (::sigaction(SIGBUS, nullptr, &previous) != 0 || ::sigaction(SIGBUS, &ours, nullptr) != 0) {
    throw_system_error(errno, "SIGBUS", "install its handler");
  }
  installed = true;
}

}  // namespace shm::os
