// SPDX-License-Identifier: Apache-2.0

// Waiting for several streams: which of them the answer is of.
#include "shm/wait/wait_any.hpp"

#include <algorithm>

#include "shm/base/error.hpp"
#include "wait/wait_targets.hpp"

namespace shm {
namespace {

/// One call of wait_any().
class AnyOf {
 public:
  AnyOf(const WaitTargets& streams, Deadline deadline, const Interrupt* interrupt)
      : streams_(streams), deadline_(deadline), interrupt_(interrupt) {}

  /// What can be said now: of a stream, or of none.
  [[nodiscard]] AnyResult look() const {
    if (const AnyResult said = look_at_streams(); said.status != Status::not_yet) return said;
    if (interrupt_ != nullptr && interrupt_->triggered()) return of_none(Status::interrupted);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (streams_.is_interrupted(i)) return {Status::interrupted, i};
    }
    return of_none(deadline_.passed() ? Status::timed_out : Status::not_yet);
  }

 private:
  [[nodiscard]] AnyResult of_none(Status status) const { return {status, streams_.size()}; }
  [[nodiscard]] AnyResult look_at_streams() const {
    AnyResult said = of_none(Status::not_yet);
    std::size_t i = 0;
    while (i < said.which) {
      const Status status = streams_.look(i);
      if (status != Status::not_yet) {
        // Those before it once more: what was inserted there before this was inserted here is not passed
        // over.
        said = {status, i};
        i = 0;
      } else {
        ++i;
      }
    }
    return said;
  }

  const WaitTargets& streams_;
  Deadline deadline_;
  const Interrupt* interrupt_;
};

}  // namespace

Awaited Awaited::next_of(RawReader& reader, std::uint64_t items) {
  return {&reader, WaitTargets::after_cursor(reader, items)};
}

AnyResult wait_any(std::span<const Awaited> streams, Deadline deadline, const Interrupt* interrupt,
                   WaitStrategy waiting) {
  if (streams.empty()) throw InvalidArgument("wait_any: there is no stream to wait for");
  const bool has_all = std::all_of(streams.begin(), streams.end(),
                                   [](const Awaited& stream) { return stream.reader != nullptr; });
  if (!has_all) throw InvalidArgument("wait_any: a stream without a reader");

  WaitTargets readers;
  for (const Awaited& stream : streams) readers.add(*stream.reader, stream.count);
  const AnyOf any(readers, deadline, interrupt);
  AnyResult said = any.look();
  if (said.status != Status::not_yet) return said;
  readers.wait({.deadline = deadline, .interrupt = interrupt, .waiting = waiting}, [&] {
    said = any.look();
    return said.status != Status::not_yet;
  });
  return said;
}

}  // namespace shm
