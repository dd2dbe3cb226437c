// SPDX-License-Identifier: Apache-2.0

// What the examples in headers and documents use without declaring it. They are only compiled, so nothing here is
// defined; an example that declares a name itself hides the one here.
#pragma once

#include <poll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio.hpp>

#include "shm/audio/audio.hpp"
#include "shm/shm.hpp"
#include "shm/wait/asio.hpp"

namespace given {

using namespace std::chrono_literals;

struct Tick {
  std::int64_t time;
  double bid;
  double ask;
};
BOOST_DESCRIBE_STRUCT(Tick, (), (time, bid, ask))

struct Frame {
  std::int16_t left;
  std::int16_t right;
};
BOOST_DESCRIBE_STRUCT(Frame, (), (left, right))

struct Spike {
  std::int64_t time;
  int unit;
};
BOOST_DESCRIBE_STRUCT(Spike, (), (time, unit))

struct Heat {
  std::int64_t time;
  double kelvin;
};
BOOST_DESCRIBE_STRUCT(Heat, (), (time, kelvin))

struct Trade {
  std::int64_t time;
  double price;
};
BOOST_DESCRIBE_STRUCT(Trade, (), (time, price))

struct Picture {
  std::size_t size;
};

// Names, keys, places.
extern std::string name, format, item_format;
extern std::int64_t t, t0, t1, key, measured_ns;
extern shm::Index first;
extern shm::Interrupt stop;

// Readers of streams, with a key and without.
extern shm::Reader<Tick> reader, ticks;
extern shm::Reader<Trade> trades;
extern shm::Reader<Frame> blocks, frames;
extern shm::StreamInfo info;
extern shm::Ledger ledger;
extern shm::KeyInItem<> map;
extern shm::Keyed<shm::Reader<Tick>, shm::KeyInItem<>> mic, cpu;
extern shm::Keyed<shm::Reader<Heat>, shm::KeyInItem<>> heat;

// What is written.
extern shm::Writer<Frame> out, items;
extern std::vector<Frame> block;
extern Picture picture;
std::size_t encode(const Picture&, std::span<std::byte>);
void fill(std::span<std::byte>);

// What is done with items, and the device of a source.
template <typename... Values>
void use(const Values&...);
void capture_a_little();
struct Device {
  void open();
  void close();
};
extern Device device;
extern boost::asio::io_context context;

}  // namespace given
