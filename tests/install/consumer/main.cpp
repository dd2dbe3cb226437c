// SPDX-License-Identifier: Apache-2.0
#include <shm/shm.hpp>

#include <cstdio>

struct Tick {
  std::int64_t time;
  double price;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (time, price))

int main() {
  shm::Writer<Tick> writer("ticks", {.timestamp = shm::Timestamp::field("time")});
  shm::Reader<Tick> reader("ticks", shm::Start::oldest());
  writer.append({1, 2.5});
  const double price = reader().price;
  std::printf("%g\n", price);
  try {
    shm::Reader<Tick> absent("absent", shm::Start::oldest());
    return 1;
  } catch (const shm::NotFound& error) {  // the class here is the class that the library throws
    std::printf("%s\n", error.what());
  }
  return price == 2.5 ? 0 : 1;
}
