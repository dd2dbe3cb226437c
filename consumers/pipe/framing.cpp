// SPDX-License-Identifier: Apache-2.0
#include "consumers/pipe/framing.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>

#include "common/program.hpp"

namespace shm::programs {
namespace {

constexpr std::size_t least_room = std::size_t{64} << 10;
constexpr std::size_t prefix_bytes = sizeof(std::uint32_t);
static_assert(std::endian::native == std::endian::little);

}  // namespace

RecordSource::RecordSource(int fd, Framing framing, std::uint64_t most)
    : fd_(fd), framing_(framing), most_(most), buffer_(least_room) {}

/// False: a stop signal came.
bool RecordSource::wait_for_input() const {
  constexpr int between_looks_ms = 100;  // a signal that comes just before the call does not end it
  for (;;) {
    if (stop_interrupt().triggered()) return false;
    ::pollfd input{fd_, POLLIN, 0};
    if (::poll(&input, 1, between_looks_ms) > 0) return true;  // something, the end, or an error
  }
}

void RecordSource::make_room() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
  end_ -= begin_;
  looked_ -= begin_;
  begin_ = 0;
  // next() refuses records larger than `most`: the buffer never exceeds twice that by much.
  if (buffer_.size() - end_ < least_room / 2) buffer_.resize(2 * buffer_.size());
}

bool RecordSource::fill() {
  if (is_over_) return false;
  make_room();
  for (;;) {
    if (!wait_for_input()) return false;
    const ::ssize_t got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
      return true;
    }
    if (got == 0) break;
    if (errno == EINTR || errno == EAGAIN) continue;
    throw shm::SystemError(errno, std::string("stdin: cannot read: ") + std::strerror(errno));
  }
  is_over_ = true;
  if (framing_ == Framing::length_prefixed && begin_ < end_) {
    throw BadInput(
        fmt::format("stdin ends within its record {}: what came before it was appended", count_ + 1));
  }
  return begin_ < end_;
}

std::optional<std::span<const std::byte>> RecordSource::next() {
  const auto record = framing_ == Framing::lines ? next_line() : next_prefixed();
  if (record) ++count_;
  return record;
}

void RecordSource::refuse(std::uint64_t bytes, bool or_more) const {
  throw BadInput(fmt::format(
      "{} {} of stdin has {}{} bytes; the stream takes records of at most {} (--max-record); what came "
      "before it was appended",
      framing_ == Framing::lines ? "line" : "record", count_ + 1, bytes, or_more ? " or more" : "", most_));
}

std::optional<std::span<const std::byte>> RecordSource::next_line() {
  const auto* const newline =
      static_cast<const std::byte*>(std::memchr(buffer_.data() + looked_, '\n', end_ - looked_));
  const std::size_t line_end = newline != nullptr ? static_cast<std::size_t>(newline - buffer_.data()) : end_;
  const std::size_t bytes = line_end - begin_;
  if (bytes > most_) refuse(bytes, newline == nullptr && !is_over_);
  looked_ = line_end;
  if (newline == nullptr && (!is_over_ || bytes == 0)) return std::nullopt;
  const std::span<const std::byte> line = std::span(buffer_).subspan(begin_, bytes);
  begin_ = looked_ = newline != nullptr ? line_end + 1 : line_end;
  return line;
}

std::optional<std::span<const std::byte>> RecordSource::next_prefixed() {
  const std::span<const std::byte> there = std::span(buffer_).first(end_).subspan(begin_);
  if (there.size() < prefix_bytes) return std::nullopt;
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, there.data(), sizeof bytes);
  if (bytes > most_) refuse(bytes, false);
  if (there.size() - prefix_bytes < bytes) return std::nullopt;
  begin_ = looked_ = begin_ + prefix_bytes + bytes;
  return there.subspan(prefix_bytes, bytes);
}

void write_record(std::span<const std::byte> record, Framing framing, Output& out) {
  if (framing == Framing::length_prefixed) {
    if (record.size() > std::numeric_limits<std::uint32_t>::max()) {
      throw BadInput(fmt::format("a record of {} bytes has no length of 32 bits", record.size()));
    }
    const auto bytes = static_cast<std::uint32_t>(record.size());
    const auto prefix = std::bit_cast<std::array<char, prefix_bytes>>(bytes);
    out.append({prefix.data(), prefix.size()});
  }
  constexpr std::size_t worth_a_copy = std::size_t{64} << 10;
  if (record.size() < worth_a_copy) {
    out.append({reinterpret_cast<const char*>(record.data()), record.size()});
  } else {
    out.write(record);
  }
  if (framing == Framing::lines && (record.empty() || record.back() != std::byte{'\n'})) out.append("\n");
  out.flush_if_large();
}

}  // namespace shm::programs
