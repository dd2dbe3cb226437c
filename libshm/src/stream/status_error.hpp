// SPDX-License-Identifier: Apache-2.0

// The error that stands for a status, where a call has no status to return.
#pragma once

#include <string>

#include "shm/base/error.hpp"
#include "shm/base/index_range.hpp"
#include "shm/base/status.hpp"

namespace shm::detail {

/// `subject` begins the text: "stream 'lab/mic': ".
[[noreturn]] inline void throw_status(const std::string& subject, Status status, Index inserted) {
  switch (status) {
    case Status::ended:
      throw Ended(subject + "it ended at item " + std::to_string(inserted));
    case Status::interrupted:
      throw Interrupted(subject + "interrupted while waiting");
    case Status::writer_lost:
      throw WriterLost(subject + "its writer died without closing it");
    case Status::evicted:
      throw Evicted(subject + "this lossless reader was evicted: it may lose items from here on");
    case Status::timed_out:
    case Status::not_yet:
      throw TimedOut(subject + "no data in the time given");
    case Status::ok:
    case Status::lost:
      break;
  }
  throw Error(subject + std::string(to_string(status)));
}

}  // namespace shm::detail
