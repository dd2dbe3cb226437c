// SPDX-License-Identifier: Apache-2.0
#include "shm/base/status.hpp"

namespace shm {

std::string_view to_string(Status status) noexcept {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::not_yet:
      return "no data yet";
    case Status::timed_out:
      return "timed out";
    case Status::ended:
      return "the stream ended";
    case Status::lost:
      return "items were lost";
    case Status::interrupted:
      return "interrupted";
    case Status::writer_lost:
      return "the writer died";
    case Status::evicted:
      return "this lossless reader was evicted";
  }
  return "?";
}

}  // namespace shm
