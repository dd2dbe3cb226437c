// SPDX-License-Identifier: Apache-2.0

// A reader that waits with a wait set, in which a fork of it waits for other items, and with the set's descriptor.
#include <poll.h>

#include "checked_reader.hpp"
#include "cursor_roles.hpp"
#include "shm/wait/ready_fd.hpp"
#include "shm/wait/wait_set.hpp"

namespace shm::chaos {

using namespace std::chrono_literals;

void WaitSetReader::read(Worker& worker, CheckedReader& reader) {
  RawReader& raw = reader.raw();
  RawReader other = raw.fork();
  WaitSet set;
  const WaitSet::Id mine = set.add(raw);
  const WaitSet::Id theirs = set.add(other);
  ReadyFd ready(set);
  const auto patience = std::chrono::milliseconds(5 + worker.random(500));
  const auto wait = [&] {
    for (;;) {
      const WaitSet::Result result = set.wait(patience, nullptr, WaitStrategy::sleep());
      if (result.status != Status::ok) return result.status;
      for (const WaitSet::Ready& one : result.ready) {
        if (one.id == mine) return one.status;
      }
      other.seek(Start::next());  // only the fork had a result
    }
  };
  while (worker.goes_on()) {
    set.want(theirs, 1 + worker.random(64));
    other.seek(Start::next());
    if (worker.chance(50)) {
      if (reader.wait_for(raw.cursor(), wait) == Status::ended) return;
    } else {
      const Status there = ready.rearm();
      ::pollfd poll{ready.fd(), POLLIN, 0};
      const bool readable = ::poll(&poll, 1, static_cast<int>(patience.count())) == 1;
      if (there != Status::not_yet && !readable)
        reader.violation("there is something, and it is not readable");
    }
    for (int i = 0; i < 1000; ++i) {
      const Status status = reader.next(Deadline::now());
      if (status == Status::ended) return;
      if (status != Status::ok && status != Status::lost) break;
    }
    if (worker.random(32) == 0) reader.check_answers();
  }
}

}  // namespace shm::chaos
