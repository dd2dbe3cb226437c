// SPDX-License-Identifier: Apache-2.0

// Waiting for several streams: the choice of the stream to return.
#include "shm/wait/wait_any.hpp"

#include <algorithm>

#include "shm/base/error.hpp"
#include "stream/wait_targets.hpp"

namespace shm {
namespace {

/// One call of wait_any().
class AnyOf {
 public:
  AnyOf(const detail::WaitTargets& streams, Deadline deadline, const Interrupt* interrupt)
      : streams_(streams), deadline_(deadline), interrupt_(interrupt) {}

  /// Returns the result as of now: that of a stream, of no stream, or not_yet.
  [[nodiscard]] AnyResult look() const {
    if (const AnyResult found = look_at_streams(); found.status != Status::not_yet) return found;
    if (interrupt_ != nullptr && interrupt_->triggered()) return of_no_stream(Status::interrupted);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (streams_.is_interrupted(i)) return {Status::interrupted, i};
    }
    return of_no_stream(deadline_.passed() ? Status::timed_out : Status::not_yet);
  }

 private:
  [[nodiscard]] AnyResult of_no_stream(Status status) const { return {status, streams_.size()}; }
  [[nodiscard]] AnyResult look_at_streams() const {
    AnyResult found = of_no_stream(Status::not_yet);
    std::size_t i = 0;
    while (i < found.which) {
      const Status status = streams_.look(i);
      if (status != Status::not_yet) {
        // Look at the streams before it once more. Thus the result is never a later stream if an earlier one got
        // its item first.
        found = {status, i};
        i = 0;
      } else {
        ++i;
      }
    }
    return found;
  }

  const detail::WaitTargets& streams_;
  Deadline deadline_;
  const Interrupt* interrupt_;
};

}  // namespace

Awaited Awaited::next_of(RawReader& reader, std::uint64_t items) {
  return {&reader, reader.count_after_cursor(items)};
}

AnyResult wait_any(std::span<const Awaited> streams, Deadline deadline, const Interrupt* interrupt,
                   WaitStrategy waiting) {
  if (streams.empty()) throw InvalidArgument("wait_any: there is no stream to wait for");
  const bool has_all = std::all_of(streams.begin(), streams.end(),
                                   [](const Awaited& stream) { return stream.reader != nullptr; });
  if (!has_all) throw InvalidArgument("wait_any: a stream without a reader");

  detail::WaitTargets readers;
  for (const Awaited& stream : streams) readers.add(*stream.reader, stream.count);
  const AnyOf any(readers, deadline, interrupt);
  AnyResult found = any.look();
  if (found.status != Status::not_yet) return found;
  readers.wait({.deadline = deadline, .interrupt = interrupt, .waiting = waiting}, [&] {
    found = any.look();
    return found.status != Status::not_yet;
  });
  return found;
}

}  // namespace shm
