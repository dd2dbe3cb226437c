// SPDX-License-Identifier: Apache-2.0

// A stream of records: texts and pictures, each of its own size, in one piece.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <shm/shm.hpp>

namespace {

/// Stands for an encoder that knows only afterwards how many bytes it needs.
std::size_t encode(std::span<std::byte> room) {
  const std::size_t size = std::min<std::size_t>(room.size(), 70'000);
  std::memset(room.data(), 0xff, size);
  return size;
}

}  // namespace

int main() {
  shm::StreamOptions options;
  options.history = 1000;  // records, and not more bytes than:
  options.records = shm::RecordOptions{.history_bytes = 1 << 20, .max_record_bytes = 100'000};
  options.timestamp = shm::Timestamp::field("time");
  shm::RecordWriter out("example/records", options);
  out.append("a text", shm::Stamp::first(10));       // a copy
  std::span<std::byte> room = out.claim(100'000);    // or in place: at most so many bytes,
  out.publish(encode(room), shm::Stamp::first(20));  // and then as many as it took
  out.append("", shm::Stamp::first(30));             // nothing is a record, too

  shm::RecordReader in("example/records", shm::Start::oldest());
  while (const auto next = in.try_next()) {  // in place, without a copy
    std::printf("record %llu at %lld: %zu bytes%s\n", static_cast<unsigned long long>(next->index()),
                static_cast<long long>(next->time()), next->size(),
                next->intact() ? "" : ", overwritten meanwhile");
  }
  const shm::Record newest = in[-1];  // a copy, exact, or an error that says what is gone
  std::printf("the newest is record %llu\n", static_cast<unsigned long long>(newest.index));

  // By time, as any stream whose items carry one.
  const shm::StreamKeys times(in.raw());
  for (const shm::Record& record : in.records(shm::find_range(in.raw(), times, 5, 20).items)) {
    std::printf("from 5 to before 20: %s\n", std::string(record.text()).c_str());
  }

  try {
    static_cast<void>(out.claim(100'001));
  } catch (const shm::InvalidArgument& error) {
    std::printf("%s\n", error.what());
  }
}
