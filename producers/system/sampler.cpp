// SPDX-License-Identifier: Apache-2.0
#include "producers/system/sampler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/log.hpp"
#include "common/notify.hpp"
#include "producers/system/proc_file.hpp"
#include "producers/system/proc_stream.hpp"
#include "producers/system/ticks.hpp"

namespace shm::programs {
namespace {

using namespace std::chrono_literals;
using Streams = std::vector<std::unique_ptr<ProcStream>>;

StreamOptions stream_options(const SystemOptions& options, std::string_view name) {
  StreamOptions result;
  result.history = options.history_items();
  result.max_claim = 1;
  result.mode = options.common.mode();
  result.group = options.common.group;
  result.persistent = options.common.persistent;
  // Not StreamOptions::sample_rate: ticks are skipped, so that an index is no measure of time.
  result.metadata = nlohmann::json{{"system", {{"of", name}, {"nominal_rate", options.rate}}}}.dump();
  return result;
}

/// All streams, or no stream.
Streams open_streams(const SystemOptions& options) {
  Streams streams;
  for (const std::string_view name : proc_stream_names) {
    const bool wanted = options.only.empty() || std::ranges::find(options.only, name) != options.only.end();
    if (wanted) streams.push_back(make_proc_stream(name, options.proc));
  }
  for (const auto& stream : streams) stream->read_first();  // before anything is made
  try {
    for (const auto& stream : streams) {
      stream->open(fmt::format("{}/{}", options.common.stream, stream->name()),
                   stream_options(options, stream->name()));
    }
    for (const auto& stream : streams) stream->read_first();
  } catch (...) {
    for (const auto& stream : streams) stream->undo();
    throw;
  }
  return streams;
}

/// Feeds the watchdog meanwhile; false if stopped.
bool wait_until(std::int64_t time_ns, const StopSignal& stop, Notify& notify) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point until{std::chrono::nanoseconds(time_ns)};
  for (;;) {
    notify.alive();
    const Clock::time_point turn = std::min(until, Clock::now() + 1s);
    if (stop.wait_until(turn)) return false;
    if (turn == until) return true;
  }
}

}  // namespace

std::uint64_t SystemOptions::history_items() const {
  constexpr double fewest = 64;
  constexpr double most_unasked = 100'000;  // 10 MB for the largest item
  const double items = std::max(fewest, std::ceil(common.history_seconds * rate));
  return static_cast<std::uint64_t>(history_is_asked_for ? items : std::min(items, most_unasked));
}

void sample_system(const SystemOptions& options, const StopSignal& stop) {
  const Streams streams = open_streams(options);
  Notify notify;
  notify.ready("sampling");
  for (const auto& stream : streams)
    log::info("stream '{}/{}', {} Hz", options.common.stream, stream->name(), options.rate);
  std::uint64_t samples = 0;
  std::uint64_t skipped = 0;
  Ticks ticks(monotonic_ns(), options.rate);
  while ((!options.count || samples < *options.count) && wait_until(ticks.next_ns(), stop, notify)) {
    for (const auto& stream : streams) stream->sample();
    ++samples;
    const std::uint64_t late = ticks.advance(monotonic_ns());
    if (late > 0) log::debug("was kept from running: {} samples skipped", late);
    skipped += late;
  }
  notify.stopping();
  for (const auto& stream : streams) stream->close();
  log::info("took {} samples, skipped {}", samples, skipped);
}

}  // namespace shm::programs
