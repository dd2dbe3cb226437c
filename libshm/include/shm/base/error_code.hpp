// SPDX-License-Identifier: Apache-2.0

// One number for each error of libshm, for logs, exit codes and other languages. The numbers are stable: they
// never change, and a number is never used again. Zero is no error, and never the code of one.
//
//   static_assert(static_cast<int>(shm::ErrorCode::not_found) == 6);
//   std::string_view name = shm::to_string(shm::ErrorCode::not_found);  // "not_found"
//
// A plain value: any thread may use it. Nothing here throws.
#pragma once

#include <cstdint>
#include <string_view>

#include "shm/base/export.hpp"

namespace shm {

enum class ErrorCode : std::int32_t {
  other = 1,               ///< Error: what() has all the information
  invalid_argument = 2,    ///< InvalidArgument
  key_decreases = 3,       ///< KeyDecreases
  ledger_full = 4,         ///< LedgerFull
  ring_full = 5,           ///< RingFull
  not_found = 6,           ///< NotFound
  system_error = 7,        ///< SystemError; SystemError::error() is the errno value
  permission_denied = 8,   ///< PermissionDenied
  no_space = 9,            ///< NoSpace
  bad_stream = 10,         ///< BadStream
  type_mismatch = 11,      ///< TypeMismatch
  writer_exists = 12,      ///< WriterExists
  overlaps_past = 13,      ///< OverlapsPast
  overlaps_future = 14,    ///< OverlapsFuture
  timed_out = 15,          ///< TimedOut
  interrupted = 16,        ///< Interrupted
  ended = 17,              ///< Ended
  writer_lost = 18,        ///< WriterLost
  evicted = 19,            ///< Evicted
  source_failed = 20,      ///< SourceFailed
  readers_full = 21,       ///< Error: all reader slots of the stream are taken
  tai_offset_unknown = 22  ///< Error: neither the kernel nor tzdata has the offset of TAI
};

/// The enumerator's name: "not_found". A value outside the enumeration gives "unknown".
[[nodiscard]] SHM_API std::string_view to_string(ErrorCode code) noexcept;

}  // namespace shm
