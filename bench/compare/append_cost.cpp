#include "compare/append_cost.hpp"

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "limits/bare_ring.hpp"
#include "shm/reader.hpp"
#include "shm/writer.hpp"
#include "support/clock.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

namespace shm::bench {
namespace {

using Number = std::uint64_t;
constexpr std::uint64_t chunk = 200'000;  // appends: a good quarter of a millisecond
constexpr const char* name = "append";

struct Attached {
  int idle;
  bool asleep;  // one more, that sleeps
  const char* what;
};
constexpr std::array<Attached, 4> settings{{{1, false, "1 idle reader"},
                                            {16, false, "16 idle readers"},
                                            {256, false, "256 idle readers"},
                                            {0, true, "1 reader asleep, far off"}}};

template <class AnyWriter>
[[gnu::noinline]] double ns_per_append(AnyWriter& writer) {
  const std::uint64_t start = ticks();
  for (std::uint64_t i = 0; i < chunk; ++i) writer.append(i);
  return ns_between(start, ticks()) / static_cast<double>(chunk);
}

template <class AnyWriter>
double median_ns_per_append(AnyWriter& writer, int chunks) {
  std::vector<double> ns;
  for (int i = 0; i < chunks; ++i) ns.push_back(ns_per_append(writer));
  return median_of(std::move(ns));
}

/// Readers of the stream in this process, as a setting wants them.
class Readers {
 public:
  explicit Readers(const Attached& setting) {
    for (int i = 0; i < setting.idle; ++i)
      idle_.push_back(std::make_unique<Reader<Number>>(name, Start::next()));
    if (!setting.asleep) return;
    sleeper_ = std::thread([this] {
      ReaderOptions options;
      options.waiting = Waiting::sleep();
      options.interrupt = &stop_;
      Reader<Number> reader(name, Start::next(), options);
      static_cast<void>(reader.wait_for(Index{1} << 60));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it sleeps by now
  }
  ~Readers() {
    stop_.trigger();
    if (sleeper_.joinable()) sleeper_.join();
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

 private:
  Interrupt stop_;
  std::vector<std::unique_ptr<Reader<Number>>> idle_;
  std::thread sleeper_;
};

}  // namespace

AppendCost::AppendCost() : bare_{"append of 8 bytes, nobody asleep", "bare store", 2.0} {
  for (const Attached& setting : settings) {
    readers_.push_back({std::string("append of 8 bytes, ") + setting.what, "no readers", 1.10});
  }
}

void AppendCost::take_round(const Processors& processors, const Effort& effort) {
  take_bare(effort);
  take_readers(processors, effort);
}

void AppendCost::take_bare(const Effort& effort) {
  Writer<Number> writer(name);
  BareRing bare(writer.info().capacity);
  static_cast<void>(ns_per_append(writer));
  static_cast<void>(ns_per_append(bare));
  std::vector<double> ours;
  std::vector<double> limit;
  for (int i = 0; i < effort.chunks; ++i) {
    limit.push_back(ns_per_append(bare));
    ours.push_back(ns_per_append(writer));
  }
  bare_.add(median_of(std::move(limit)), median_of(std::move(ours)));
}

void AppendCost::take_readers(const Processors& processors, const Effort& effort) {
  const Shared<Meeting> meeting;
  Peer peer(processors.there, [&] {
    meeting->meet();
    for (const Attached& setting : settings) {
      const Readers readers(setting);
      meeting->meet();  // attached
      meeting->meet();  // measured
    }
  });
  Writer<Number> writer(name);
  static_cast<void>(ns_per_append(writer));
  const double none_before = median_ns_per_append(writer, effort.chunks);
  meeting->meet();
  std::vector<double> with_readers;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    meeting->meet();
    with_readers.push_back(median_ns_per_append(writer, effort.chunks));
    meeting->meet();
  }
  peer.join();
  const double none = (none_before + median_ns_per_append(writer, effort.chunks)) / 2;
  for (std::size_t i = 0; i < settings.size(); ++i) readers_[i].add(none, with_readers[i]);
}

std::vector<Comparison> AppendCost::comparisons() const {
  std::vector<Comparison> all{bare_};
  all.insert(all.end(), readers_.begin(), readers_.end());
  return all;
}

}  // namespace shm::bench
