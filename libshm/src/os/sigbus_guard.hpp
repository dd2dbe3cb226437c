// SPDX-License-Identifier: Apache-2.0

// A guard against SIGBUS: a mapped file that another process can shorten may lose its pages at any time. With the
// handler of SIGBUS installed, zeroed memory of this process takes the place of such a mapping.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shm::os {

/// Marks a mapping as replaceable, while this object lives: when its file was shortened, the handler puts zeroed
/// memory in its place.
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

  /// An entry of the list that the signal handler reads: only atomics, never freed.
  struct Entry {
    std::atomic<std::uintptr_t> begin{0};  // 0: free
    std::atomic<std::size_t> bytes{0};
  };

 private:
  void release() noexcept;
  Entry* entry_;
};

/// Installs the handler, once. Any other SIGBUS goes to the handler that was there before.
/// @throws SystemError.
void install_replacing_handler();

}  // namespace shm::os
