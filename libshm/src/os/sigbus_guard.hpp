// SPDX-License-Identifier: Apache-2.0

// Mappings that may lose their pages under us: files that others can shorten. With the handler of SIGBUS
// installed, memory of our own takes the place of such a mapping when it does.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shm::os {

/// Marks a mapping, as long as it lives, as one that may be replaced by zeros of our own when its file was
/// shortened.
class ReplaceableMapping {
 public:
  /// REQUIRES: begins at a page. @throws std::bad_alloc.
  ReplaceableMapping(void* address, std::size_t bytes);
  ~ReplaceableMapping() { release(); }
  ReplaceableMapping(ReplaceableMapping&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  ReplaceableMapping& operator=(ReplaceableMapping&& other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }

  /// What the signal handler looks through: only atomics, never freed.
  struct Entry {
    std::atomic<std::uintptr_t> begin{0};  // 0: free
    std::atomic<std::size_t> bytes{0};
  };

 private:
  void release() noexcept;
  Entry* entry_;
};

/// Installs the handler, once. What it does not know it passes on to the one that was there before.
/// @throws SystemError.
void install_replacing_handler();

}  // namespace shm::os
