// SPDX-License-Identifier: Apache-2.0
#include "producers/system/proc_stream.hpp"

#include <fmt/format.h>

#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/log.hpp"
#include "producers/system/proc_file.hpp"
#include "producers/system/rates.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"

namespace shm::programs {
namespace {

// The differences between streams: the file, its parser, and the item that two readings make.

struct Cpu {
  using Counters = CpuCounters;
  using Item = CpuUse;
  static constexpr std::string_view name = "cpu", file = "stat", unit{};
  static Counters parse(std::string_view text) { return parse_stat(text); }
  static Item item(const Counters& before, const Counters& now, std::int64_t /*interval_ns*/) {
    return cpu_use(before, now);
  }
};

struct Memory {
  using Counters = MemoryUse;
  using Item = MemoryUse;
  static constexpr std::string_view name = "memory", file = "meminfo", unit = "B";
  static Counters parse(std::string_view text) { return parse_meminfo(text); }
  static Item item(const Counters& /*before*/, const Counters& now, std::int64_t /*interval_ns*/) {
    return now;
  }
};

struct Load {
  using Counters = LoadAverages;
  using Item = LoadAverages;
  static constexpr std::string_view name = "load", file = "loadavg", unit{};
  static Counters parse(std::string_view text) { return parse_loadavg(text); }
  static Item item(const Counters& /*before*/, const Counters& now, std::int64_t /*interval_ns*/) {
    return now;
  }
};

struct Network {
  using Counters = NetworkCounters;
  using Item = NetworkTraffic;
  static constexpr std::string_view name = "network", file = "net/dev", unit{};
  static Counters parse(std::string_view text) { return parse_net_dev(text); }
  static Item item(const Counters& before, const Counters& now, std::int64_t interval_ns) {
    return network_traffic(before, now, interval_ns);
  }
};

template <class Kind>
class ProcStreamOf final : public ProcStream {
 public:
  explicit ProcStreamOf(const std::string& directory) : path_(fmt::format("{}/{}", directory, Kind::file)) {}

  [[nodiscard]] std::string_view name() const override { return Kind::name; }

  void read_first() override { before_ = read(); }

  void open(const std::string& stream, StreamOptions options) override {
    options.timestamp = Timestamp::field("time_ns");
    options.clock = CLOCK_MONOTONIC;
    options.unit = Kind::unit;
    stream_ = stream;
    writer_.emplace(stream, options);
    try {
      check_newest();
    } catch (...) {
      undo();
      throw;
    }
  }

  void sample() override {
    Reading now;
    try {
      now = read();
    } catch (const std::runtime_error& error) {
      if (!std::exchange(failing_, true))
        log::warn("{}; '{}' gets no items until that is over", error.what(), stream_);
      return;
    }
    if (std::exchange(failing_, false)) log::info("'{}' can be read again", path_);
    typename Kind::Item item = Kind::item(before_.counters, now.counters, now.time_ns - before_.time_ns);
    item.time_ns = now.time_ns;
    append(item);
    before_ = std::move(now);
  }

  void close() noexcept override {
    if (writer_) writer_->close();
    writer_.reset();
  }

  void undo() noexcept override {
    if (!writer_) return;
    try {
      const StreamInfo info = writer_->info();
      if (info.writer.epoch > 1) {
        writer_->detach();
      } else {
        writer_->close();
        if (info.file.persistent) remove_stream(stream_);
      }
    } catch (const std::exception& error) {
      log::warn("'{}' is left behind: {}", stream_, error.what());
    }
    writer_.reset();
  }

 private:
  struct Reading {
    typename Kind::Counters counters;
    std::int64_t time_ns = 0;
  };

  [[nodiscard]] Reading read() const {
    const ProcReading reading = read_proc_file(path_);
    try {
      return {Kind::parse(reading.text), reading.time_ns};
    } catch (const BadText& error) {
      throw std::runtime_error(fmt::format("'{}' is not what it should be: {}", path_, error.what()));
    }
  }

  /// Time stamps never decrease in a stream, and the clock begins anew at every boot: a stream in a directory
  /// on disk may hold times that are yet to come.
  void check_newest() const {
    const StreamInfo info = writer_->info();
    if (info.items.oldest == info.items.inserted) return;
    Reader<typename Kind::Item> in(stream_, Start::oldest(), {.name = "resume"});
    const std::vector<typename Kind::Item> newest = in[{-1, {}}];
    if (newest.front().time_ns > monotonic_ns()) refuse("it holds items of a later time than now");
  }

  void append(const typename Kind::Item& item) {
    try {
      writer_->append(item);
    } catch (const InvalidArgument& error) {
      // Not wrong usage: the arguments were accepted long ago.
      refuse(error.what());
    }
  }

  [[noreturn]] void refuse(const std::string& reason) const {
    throw std::runtime_error(fmt::format(
        "stream '{}' takes no items: {}. CLOCK_MONOTONIC begins anew at every boot: remove what an "
        "earlier one left with 'shm rm {}', or choose another PREFIX",
        stream_, reason, stream_));
  }

  std::string path_;
  std::string stream_;
  Reading before_;
  bool failing_ = false;
  std::optional<Writer<typename Kind::Item>> writer_;
};

}  // namespace

std::unique_ptr<ProcStream> make_proc_stream(std::string_view name, const std::string& directory) {
  if (name == Cpu::name) return std::make_unique<ProcStreamOf<Cpu>>(directory);
  if (name == Memory::name) return std::make_unique<ProcStreamOf<Memory>>(directory);
  if (name == Load::name) return std::make_unique<ProcStreamOf<Load>>(directory);
  if (name == Network::name) return std::make_unique<ProcStreamOf<Network>>(directory);
  throw std::invalid_argument(fmt::format("no stream is named '{}'", name));
}

}  // namespace shm::programs
