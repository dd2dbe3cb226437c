// SPDX-License-Identifier: Apache-2.0

// A reader's life: it attaches (perhaps before the stream exists), reads in its own way, and attaches again after the
// stream has ended.
#include <fmt/format.h>

#include <chrono>

#include "checked_reader.hpp"
#include "role.hpp"
#include "shm/base/error.hpp"

namespace shm::chaos {

using namespace std::chrono_literals;

Start ReaderRole::start(Worker& worker) {
  switch (worker.random(3)) {
    case 0:
      return Start::oldest();
    case 1:
      return Start::newest();
    default:
      return Start::next();
  }
}

ReaderOptions ReaderRole::options(Worker& worker) {
  ReaderOptions options;
  options.name = "chaos";
  switch (worker.random(8)) {  // few readers spin, since each takes a processor
    case 0:
      options.waiting = WaitStrategy::spin();
      break;
    case 1:
    case 2:
    case 3:
      break;
    default:
      options.waiting = WaitStrategy::sleep();
  }
  options.wait_for_stream = std::chrono::milliseconds(worker.random(300));
  return options;
}

void run_reader(Worker& worker, ReaderRole& role) {
  role.prepare(worker);
  while (worker.goes_on()) {
    try {
      ReaderOptions options = role.options(worker);
      const Start start = role.start(worker);
      CheckedReader reader(worker, start, options);
      reader.check_answers();
      role.read(worker, reader);
      reader.check_answers();
    } catch (const NotFound&) {
      worker.rest(20ms);
    } catch (const TimedOut&) {  // the stream did not appear
    } catch (const Interrupted&) {
    } catch (const Ended&) {
    }
  }
}

}  // namespace shm::chaos
