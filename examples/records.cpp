// SPDX-License-Identifier: Apache-2.0

// A stream of records: texts and pictures, each of its own size, in one piece.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <shm/shm.hpp>

namespace {

/// Stands for an encoder whose size is known only when it is done.
std::size_t encode(std::span<std::byte> room) {
  const std::size_t size = std::min<std::size_t>(room.size(), 70'000);
  std::memset(room.data(), 0xff, size);
  return size;
}

}  // namespace

int main() {
  shm::StreamOptions options;
  options.history = 1000;  // in records; the bytes are limited too:
  options.records = shm::RecordOptions{.history_bytes = 1 << 20, .max_record_bytes = 100'000};
  options.timestamp = shm::Timestamp::field("time");
  shm::RecordWriter out("example/records", options);
  out.append("a text", shm::Stamp::first(10));       // a copy
  std::span<std::byte> room = out.claim(100'000);    // or in place: claim the most it can take,
  out.publish(encode(room), shm::Stamp::first(20));  // publish as much as it took
  out.append("", shm::Stamp::first(30));             // an empty record

  shm::RecordReader in("example/records", shm::Start::oldest());
  while (const auto next = in.try_next()) {  // in place, without a copy
    std::printf("record %llu at %lld: %zu bytes%s\n", static_cast<unsigned long long>(next->index()),
                static_cast<long long>(next->time()), next->size(),
                next->intact() ? "" : ", overwritten meanwhile");
  }
  const shm::Record newest = in[-1];  // a copy; OverlapsPast if it was overwritten
  std::printf("the newest is record %llu\n", static_cast<unsigned long long>(newest.index));

  // By time, as in any stream whose items carry a key.
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
