// SPDX-License-Identifier: Apache-2.0

// How a call that reads ended. A status is a normal result, not an error: errors are thrown (base/error.hpp).
//
//   shm::Status status = shm::Status::timed_out;
//   std::string_view name = shm::to_string(status);  // "timed out"
//
// A plain value: any thread may use it. Nothing here throws.
#pragma once

#include <string_view>

#include "shm/base/export.hpp"

namespace shm {

enum class Status {
  ok,
  not_yet,      ///< no item yet: only from calls that do not wait
  timed_out,    ///< no item before the deadline
  ended,        ///< the stream ended, and the cursor has read all of it
  lost,         ///< the cursor was lapped: it now stands at a safe item; last_lost() is the range it missed
  interrupted,  ///< the reader's Interrupt was triggered
  writer_lost,  ///< the writer died; only with ReaderOptions::writer_loss_is_error
  evicted,      ///< this lossless reader was evicted: reported once; later it may lose items like any other
};

/// The status in words: "ok", "no data yet", "timed out". A value outside the enumeration gives "?".
[[nodiscard]] SHM_API std::string_view to_string(Status status) noexcept;

}  // namespace shm
