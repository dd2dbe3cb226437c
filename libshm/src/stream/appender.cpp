// SPDX-License-Identifier: Apache-2.0
#include "shm/stream/internal/appender.hpp"

#include <memory>
#include <optional>
#include <string>

#include "shm/base/error.hpp"
#include "storage/owned_stream.hpp"
#include "stream/backpressure_gate.hpp"
#include "stream/key_writer.hpp"

namespace shm::detail {

struct Appender::State {
  State(std::string_view name, std::string_view format, const StreamOptions& options)
      : stream(name, format, options) {}
  ~State() {
    keys.reset();
    gate.reset();
    if (ends) stream.end();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  storage::OwnedStream stream;
  std::optional<KeyWriter> keys;         // of streams whose items have keys
  std::optional<BackpressureGate> gate;  // of lossless streams
  bool ends = false;                     // the stream, with this
};

Appender::Appender(std::string_view name, std::string_view format, const StreamOptions& options)
    : state_(std::make_unique<State>(name, format, options)) {
  storage::OwnedStream& stream = state_->stream;
  storage::StreamFile& file = stream.stream();
  ring_ = ring::RingWriter(stream.live().counters[0], file.data(), file.geometry());
  using Order = ring::WakeRequests::Order;
  wake_requests_ = {stream.control().header().wake_at,
                    stream.fences() ? Order::by_own_fence : Order::by_membarrier};
  if (KeyWriter::is_needed(file)) {
    state_->keys.emplace(file, stream.paths().name, options);
    unchecked_below_ = 0;
  }
  if (options.lossless) {
    state_->gate.emplace(stream, *options.lossless, ring_.released());
    if (!state_->keys) unchecked_below_ = ring_.appendable_below(state_->gate->granted());
  }
  has_keys_ = state_->keys.has_value();
  is_lossless_ = state_->gate.has_value();
  state_->ends = true;  // an exception before this leaves the stream as a crash would
}

Appender::~Appender() = default;
Appender::Appender(Appender&&) noexcept = default;
Appender& Appender::operator=(Appender&&) noexcept = default;

void Appender::close() noexcept { state_.reset(); }

void Appender::detach() noexcept {
  if (state_) state_->ends = false;
  state_.reset();
}

storage::OwnedStream& Appender::stream() const noexcept { return state_->stream; }
const std::string& Appender::name() const noexcept { return state_->stream.paths().name; }

bool Appender::ask_readers(std::uint64_t items, Index released) {
  if (items > ring_.most_at_once()) {
    throw InvalidArgument("append to '" + name() + "': " + std::to_string(items) +
                          " items at once; a lossless stream takes all or none, and this one holds " +
                          std::to_string(ring_.most_at_once()) + " (StreamOptions::history): append fewer");
  }
  if (!state_->gate->admit(items, released, ring_.inserted())) return false;
  if (!state_->keys) unchecked_below_ = ring_.appendable_below(state_->gate->granted());
  return true;
}

void Appender::check_keys(std::span<const std::byte> items, const std::optional<Stamp>& stamp) {
  if (has_keys_) return state_->keys->before_append(ring_.inserted(), items, stamp);
  throw InvalidArgument("append to '" + name() +
                        "': a stamp has no place in a stream without a ledger (StreamOptions::ledger)");
}

void Appender::wake() noexcept { state_->stream.wake_all(); }

}  // namespace shm::detail
