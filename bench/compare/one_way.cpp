#include "compare/one_way.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "shm/reader.hpp"
#include "shm/writer.hpp"
#include "support/clock.hpp"
#include "support/item.hpp"
#include "support/shared.hpp"

namespace shm::bench {
namespace {

constexpr Bounces probe{.per_stamp = 16, .stamps = 1000};
constexpr Bounces warm_up{.per_stamp = 1, .stamps = 2000};
constexpr Bounces blocks{.per_stamp = 16, .stamps = 1000};

/// What one process has of the two streams.
template <std::size_t Bytes>
class Side {
 public:
  Side(Meeting& meeting, const char* out, const char* in)
      : writer_(out), reader_((meeting.meet(), in), Start::next(), options()) {
    meeting.meet();
  }

  void send(const Item<Bytes>& item) noexcept { writer_.append(item); }

  /// The next item, which must be number `sequence`.
  [[nodiscard]] Item<Bytes> receive(std::uint64_t sequence) {
    const Next<Item<Bytes>> next = reader_.next();
    if (!next || next.item.front() != sequence || next.item.back() != sequence) {
      throw std::runtime_error("one way: " + std::string(to_string(next.status)) + " instead of item " +
                               std::to_string(sequence));
    }
    return next.item;
  }

 private:
  static ReaderOptions options() {
    ReaderOptions options;
    options.waiting = Waiting::spin();
    options.writer_loss_is_error = true;  // else we would wait for ever if the other dies
    return options;
  }
  Writer<Item<Bytes>> writer_;
  Reader<Item<Bytes>> reader_;
};

/// ns of one way for each stamp.
template <std::size_t Bytes>
std::vector<double> ask(Side<Bytes>& side, std::uint64_t& sequence, const Bounces& bounces) {
  std::vector<double> one_way;
  one_way.reserve(bounces.stamps);
  Item<Bytes> item{};
  std::uint64_t last = ticks();
  for (std::uint64_t stamp = 0; stamp < bounces.stamps; ++stamp) {
    for (std::uint64_t i = 0; i < bounces.per_stamp; ++i, ++sequence) {
      item.front() = item.back() = sequence;
      side.send(item);
      item = side.receive(sequence);
    }
    const std::uint64_t now = ticks();
    one_way.push_back(ns_between(last, now) / static_cast<double>(2 * bounces.per_stamp));
    last = now;
  }
  return one_way;
}

struct Round {
  double line_before = 0;
  double line_after = 0;
  double read_only_line = 0;
  double p50 = 0;
  Percentiles single;
};

template <std::size_t Bytes>
Round measure(const Processors& processors, const Bounces& singles) {
  const Shared<Meeting> meeting;
  const BareLines line(BareLines::Kind::one_written_by_both);
  const BareLines read_only(BareLines::Kind::one_each_way_read_only);
  Peer peer(processors.there, [&] {
    Side<Bytes> side(*meeting, "pong", "ping");
    answer(line.answerer(), warm_up);
    answer(line.answerer(), probe);
    const std::uint64_t rounds = warm_up.rounds() + blocks.rounds() + singles.rounds();
    for (std::uint64_t i = 0; i < rounds; ++i) side.send(side.receive(i));
    answer(read_only.answerer(), probe);
    answer(line.answerer(), probe);
    meeting->meet();
  });
  Side<Bytes> side(*meeting, "ping", "pong");
  Round round;
  std::uint64_t sequence = 0;
  static_cast<void>(ask(line.asker(), warm_up));
  round.line_before = median_of(ask(line.asker(), probe));
  static_cast<void>(ask(side, sequence, warm_up));
  round.p50 = median_of(ask(side, sequence, blocks));
  // Here every round trip has a stamp, whose cost is taken off again.
  std::vector<double> single = ask(side, sequence, singles);
  for (double& ns : single) ns = std::max(0.0, ns - ticks_cost_ns() / 2);
  round.single = percentiles_of(std::move(single));
  round.read_only_line = median_of(ask(read_only.asker(), probe));
  round.line_after = median_of(ask(line.asker(), probe));
  meeting->meet();
  peer.join();
  return round;
}

Round measure(std::size_t item_bytes, const Processors& processors, const Bounces& singles) {
  switch (item_bytes) {
    case 8:
      return measure<8>(processors, singles);
    case 48:
      return measure<48>(processors, singles);
    case 64:
      return measure<64>(processors, singles);
    case 256:
      return measure<256>(processors, singles);
    case 4096:
      return measure<4096>(processors, singles);
    default:
      throw std::invalid_argument("one way: no items of " + std::to_string(item_bytes) + " bytes");
  }
}

}  // namespace

void OneWay::take_round(const Processors& processors, const Effort& effort) {
  constexpr int attempts = 4;
  const Bounces singles{.per_stamp = 1, .stamps = static_cast<std::uint64_t>(effort.stamps)};
  for (int i = 0; i < attempts; ++i) {
    const Round round = measure(item_bytes_, processors, singles);
    if (!agree(round.line_before, round.line_after)) {
      ++thrown_away_;
      continue;
    }
    const double line = (round.line_before + round.line_after) / 2;
    Here& here = by_placement_[placement_of(line)];
    here.p50.emplace_back(line, round.p50);
    here.read_only.emplace_back(round.read_only_line, round.p50);
    here.single.push_back(round.single);
    return;
  }
}

std::vector<Comparison> OneWay::comparisons() const {
  std::vector<Comparison> all;
  for (const auto& [placement, here] : by_placement_) {
    const double bar = item_bytes_ <= barred_bytes ? 1.15 : 0;
    const std::string what =
        "one way p50, " + std::to_string(item_bytes_) + " bytes, " + std::string(to_string(placement));
    all.push_back({what, "bare line", bar, here.p50, thrown_away_});
    all.push_back({what, "read-only", bar, here.read_only, thrown_away_});
  }
  return all;
}

}  // namespace shm::bench
