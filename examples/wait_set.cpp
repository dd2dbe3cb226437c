// SPDX-License-Identifier: Apache-2.0

// A wait set: many streams, one thread.
#include <cstdio>
#include <map>
#include <shm/shm.hpp>
#include <string>
#include <thread>
#include <vector>

int main() {
  std::vector<shm::Writer<int>> sensors;
  std::vector<shm::Reader<int>> readers;
  for (int i = 0; i < 100; ++i) {
    const std::string name = "example/sensor" + std::to_string(i);
    sensors.emplace_back(name, shm::StreamOptions{.history = 16});
    readers.emplace_back(name, shm::Start::next());
  }

  std::thread producer([&] {
    for (shm::Writer<int>& sensor : sensors) sensor.append(1);
    for (shm::Writer<int>& sensor : sensors) sensor.close();
  });

  shm::Interrupt stop;  // stop.trigger() from another thread, or from a signal handler
  shm::WaitSet set;
  std::map<shm::WaitSet::Id, shm::Reader<int>*> reader_of;
  for (shm::Reader<int>& reader : readers) reader_of[set.add(reader.raw())] = &reader;
  int items = 0;
  while (!set.empty()) {
    const shm::WaitSet::Result now = set.wait(shm::Deadline::never(), &stop);
    if (now.status == shm::Status::interrupted) break;
    std::vector<shm::WaitSet::Id> ended;
    for (const auto& [id, reader, status] : now.ready) {
      while (const auto item = reader_of[id]->try_next()) items += 1;
      if (status == shm::Status::ended) ended.push_back(id);
    }
    for (const shm::WaitSet::Id id : ended) set.remove(id);
  }

  producer.join();
  std::printf("%d items of %zu streams\n", items, reader_of.size());
}
