// SPDX-License-Identifier: Apache-2.0

// Records of 16 B to 4 MiB.
//
//   append, read  in one process, beside memcpy of the same bytes into and out of memory of the ring's size
//   one way       to and fro between two processes, beside a mailbox that is filled by memcpy
//   throughput    as fast as they are taken, beside the unchecked ring, which is filled by memcpy
#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>

#include "questions/alternate.hpp"
#include "questions/ping_pong.hpp"
#include "questions/pouring.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "support/item.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

constexpr std::array<std::size_t, 4> sizes{16, 256, std::size_t{64} << 10, std::size_t{4} << 20};
constexpr std::size_t large = std::size_t{64} << 10;              // from here on it is all copying
constexpr double most_of_memcpy = 1.25;                           // there
constexpr std::uint64_t stretch_bytes = std::uint64_t{16} << 20;  // copied between two time stamps

/// Some hundred KiB of history, or four records.
RecordOptions record_options(std::size_t bytes) {
  return {.history_bytes = std::max<std::uint64_t>(std::uint64_t{512} << 10, 4 * bytes),
          .max_record_bytes = bytes};
}

Copying measure_copies(const std::string& name, std::size_t bytes, int chunks) {
  StreamOptions options;
  options.records = record_options(bytes);
  RecordWriter writer(name, options);
  RecordReader reader(name, Start::oldest());
  // As large as the ring is: what a claim of the largest record and the history take, a power of two.
  SharedPages plain(std::bit_ceil(options.records->history_bytes + bytes + 1));
  const std::uint64_t places = plain.size() / bytes;
  const std::uint64_t copies = std::clamp<std::uint64_t>(stretch_bytes / bytes, 2, 200'000);
  std::vector<std::byte> message(bytes);
  keep(message);
  Copying found;
  std::tie(found.into_ns, found.append_ns) = alternate(
      chunks, copies,
      // Around all of the memory, as the ring is gone around.
      [&, place = std::uint64_t{0}](std::uint64_t) mutable {
        std::memcpy(plain.data() + place++ % places * bytes, message.data(), bytes);
      },
      [&](std::uint64_t) { writer.append(message); });

  const Index first = reader.oldest();
  const std::uint64_t readable = writer.inserted() - first;
  Record record;
  std::tie(found.out_of_ns, found.read_ns) = alternate(
      chunks, copies,
      [&](std::uint64_t i) {
        std::memcpy(message.data(), plain.data() + i % std::min(places, readable) * bytes, bytes);
        keep(message);
      },
      [&](std::uint64_t i) {
        if (i % readable == 0) reader.seek(first);
        if (reader.read(record) != Status::ok || record.bytes.size() != bytes) {
          throw std::runtime_error("a record could not be read");
        }
        keep(record.bytes);
      });
  return found;
}

bool measure_copying(Run& run, const Case& of, const Implementation& ours, int round) {
  const Shared<Copying> found;
  const std::string name = run.next_name();
  const int chunks = std::max(3, static_cast<int>(run.lasting(10)));
  run_together({{run.processors().here, [&] { *found = measure_copies(name, of.bytes, chunks); }}},
               std::chrono::seconds(60));
  const auto add = [&](const char* metric, double our_ns, double limit_ns) {
    const Metric is{.name = metric,
                    .unit = "ns",
                    .limits = {"memcpy"},
                    .bar = of.bytes >= large ? most_of_memcpy : 0,
                    .is_compared = false};
    run.results().add(of, is, ours.is.name, {round, {}}, our_ns);
    run.results().add(of, is, "memcpy", {round, {}}, limit_ns);
  };
  add("append", found->append_ns, found->into_ns);
  add("read", found->read_ns, found->out_of_ns);
  return true;
}

bool is_limit(const Implementation& one, const char* name) { return one.is.name == name; }

/// The measurements of records, and of a limit with messages of the same size.
Channel channel_of(Run& run, const Case& of, const Implementation& one, Goal goal) {
  return {.name = run.next_name(),
          .bytes = of.bytes,
          .wait = Wait::spin,
          .goal = goal,
          .records = one.is.kind == Kind::ours};
}

void ask_copying(Run& run, std::size_t bytes) {
  const Case of{.question = "records", .name = in_words(bytes), .bytes = bytes};
  run.interleave(
      of, [](const Implementation& one) { return one.is.kind == Kind::ours; },
      [&](const Implementation& one, int round) { return measure_copying(run, of, one, round); });
}

void ask_latency(Run& run, std::size_t bytes) {
  const Case of{.question = "records",
                .name = in_words(bytes) + ", one way",
                .bytes = bytes,
                .wait = words(Wait::spin)};
  const double bar = bytes >= large ? most_of_memcpy : 0;
  const Metric p50{.name = "p50",
                   .unit = "ns",
                   .limits = {"unchecked ring", "read-only mailbox"},
                   .bar = bar,
                   .is_compared = false};
  run.interleave(
      of,
      [](const Implementation& one) {
        return one.is.kind == Kind::ours || is_limit(one, "unchecked ring") ||
               is_limit(one, "read-only mailbox");
      },
      [&](const Implementation& one, int round) {
        const auto found = ping_pong(run, of, channel_of(run, of, one, Goal::latency), one, round);
        if (found) run.results().add(of, p50, one.is.name, found->moment, found->p50_ns);
        return found.has_value();
      });
}

void ask_throughput_of(Run& run, std::size_t bytes) {
  const Case of{.question = "records",
                .name = in_words(bytes) + ", throughput",
                .bytes = bytes,
                .wait = words(Wait::spin)};
  const Metric metric{.name = "bytes per second",
                      .unit = "B/s",
                      .less_is_better = false,
                      .limits = {"unchecked ring"},
                      .bar = bytes >= large ? most_of_memcpy : 0,
                      .is_compared = false};
  run.interleave(
      of,
      [](const Implementation& one) { return one.is.kind == Kind::ours || is_limit(one, "unchecked ring"); },
      [&](const Implementation& one, int round) {
        const auto poured = pour(run, of, channel_of(run, of, one, Goal::throughput), one, round);
        if (!poured) return false;
        if (poured->lost > 0) throw std::runtime_error(std::to_string(poured->lost) + " records were lost");
        run.results().add(of, metric, one.is.name, poured->moment, poured->bytes_per_second);
        return true;
      });
}

}  // namespace

void ask_records(Run& run) {
  for (const std::size_t bytes : sizes) {
    ask_copying(run, bytes);
    ask_latency(run, bytes);
    ask_throughput_of(run, bytes);
  }
}

}  // namespace shm::bench
