// SPDX-License-Identifier: Apache-2.0

// Events with intervals of their own, matched with the query [4, 8) in all five ways.
#include <cstdio>
#include <shm/shm.hpp>

struct Event {
  std::int64_t begin;
  std::int64_t end;
};
BOOST_DESCRIBE_STRUCT(Event, (), (begin, end))

int main() {
  shm::StreamOptions options;
  options.timestamp = shm::Timestamp::field("begin");
  shm::Writer<Event> out("example/intervals", options);
  for (const Event& event : {Event{1, 3}, {2, 4}, {3, 6}, {4, 5}, {5, 8}, {7, 10}, {8, 11}, {100, 101}}) {
    out.append(event);
  }
  const auto ask = [](const char* name, shm::Match match) {
    shm::IntervalReader in(
        shm::keyed<shm::KeyInItem<>>(shm::Reader<Event>("example/intervals", shm::Start::oldest())),
        shm::explicit_intervals([](const Event& event) {
          return shm::Interval<>{event.begin, event.end};
        }),
        {.match = match});
    std::printf("%-10s", name);
    for (const Event& event : in.matching({4, 8})) {
      std::printf(" (%lld,%lld)", static_cast<long long>(event.begin), static_cast<long long>(event.end));
    }
    std::printf("\n");
  };
  ask("intersects", shm::Match::intersects);
  ask("contained", shm::Match::contained);
  ask("starts_in", shm::Match::starts_in);
  ask("ends_in", shm::Match::ends_in);
  ask("covers", shm::Match::covers);
}
