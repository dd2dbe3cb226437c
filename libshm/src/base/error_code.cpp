// SPDX-License-Identifier: Apache-2.0
#include "shm/base/error_code.hpp"

namespace shm {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::other:
      return "other";
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::key_decreases:
      return "key_decreases";
    case ErrorCode::ledger_full:
      return "ledger_full";
    case ErrorCode::ring_full:
      return "ring_full";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::system_error:
      return "system_error";
    case ErrorCode::permission_denied:
      return "permission_denied";
    case ErrorCode::no_space:
      return "no_space";
    case ErrorCode::bad_stream:
      return "bad_stream";
    case ErrorCode::type_mismatch:
      return "type_mismatch";
    case ErrorCode::writer_exists:
      return "writer_exists";
    case ErrorCode::overlaps_past:
      return "overlaps_past";
    case ErrorCode::overlaps_future:
      return "overlaps_future";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::interrupted:
      return "interrupted";
    case ErrorCode::ended:
      return "ended";
    case ErrorCode::writer_lost:
      return "writer_lost";
    case ErrorCode::evicted:
      return "evicted";
    case ErrorCode::source_failed:
      return "source_failed";
    case ErrorCode::readers_full:
      return "readers_full";
    case ErrorCode::tai_offset_unknown:
      return "tai_offset_unknown";
  }
  return "unknown";
}

}  // namespace shm
