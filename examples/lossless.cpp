// SPDX-License-Identifier: Apache-2.0

// A lossless reader (a recorder) holds the writer back; a lossy one beside it (a display) does not.
#include <cstdio>
#include <shm/shm.hpp>

int main() {
  shm::StreamOptions options;
  options.history = 100;
  options.lossless = shm::LosslessOptions{.when_full = shm::WhenFull::drop};
  shm::Writer<int> out("example/samples", options);

  shm::Reader<int> recorder("example/samples", shm::Start::next(),
                            {.name = "recorder", .lossless = shm::Acknowledge::explicitly});
  shm::Reader<int> display("example/samples", shm::Start::next());

  int next = 0;
  while (out.append(next)) ++next;  // false: the ring is full of items that are not acknowledged
  std::printf("full, %llu dropped, held back: %s\n",
              static_cast<unsigned long long>(out.info().backpressure.dropped_items),
              out.info().backpressure.is_held_back ? "yes" : "no");

  int stored = 0;
  while (const shm::Next<int> item = recorder.try_next()) stored += *item == stored ? 1 : 0;
  recorder.acknowledge(recorder.cursor());  // now that they are stored
  std::printf("all stored, none missing: %s\n", stored == next ? "yes" : "no");
  std::printf("goes on: %s\n", out.append(next) ? "yes" : "no");

  // The recorder stalls once more. The owner of the stream lets its writer go on.
  while (out.append(++next)) {
  }
  shm::evict_readers("example/samples", [](const shm::ReaderInfo& reader) { return reader.holds_back; });
  std::printf("goes on after an eviction: %s\n", out.append(next) ? "yes" : "no");
  std::printf("the recorder learns that it %s\n",
              recorder.try_next().status == shm::Status::evicted ? "was evicted" : "was not");

  for (int i = 0; i < 1000; ++i) out.append(i);  // no reader is lossless now
  std::printf("the display did not hold the writer back: %s\n",
              std::string(shm::to_string(display.try_next().status)).c_str());
}
