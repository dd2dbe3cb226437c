// SPDX-License-Identifier: Apache-2.0

// The typed writer: RawWriter for items of one C++ type. RawWriter's header describes what a writer is and
// promises.
//
//   shm::Writer<double> out("lab/temperature", {.history = 1000, .unit = "K"});
//   out.append(293.15);
//
// T is trivially copyable and has a format (shm/format/item_format.hpp), against which readers are checked.
// Threads and errors: as RawWriter.
#pragma once

#include <span>
#include <type_traits>

#include "shm/format/format_of.hpp"
#include "shm/stream/raw_writer.hpp"

namespace shm {

template <class T>
class Writer {
  static_assert(std::is_trivially_copyable_v<T>, "items are copied as bytes between processes");

 public:
  /// @throws as RawWriter.
  explicit Writer(std::string_view name, const StreamOptions& options = {})
      : raw_(name, format_of<T>(), options) {}

  /// Appends one item. False: it was dropped (lossless streams). @throws as RawWriter::append; nothing, if items have
  /// no keys and the stream is not lossless.
  bool append(const T& item) { return raw_.append_one<sizeof(T)>(reinterpret_cast<const std::byte*>(&item)); }
  bool append(const T& item, const Stamp& stamp) {
    return raw_.append(std::as_bytes(std::span<const T>(&item, 1)), stamp);
  }

  /// Appends all items, in order. @throws as RawWriter::append.
  bool append(std::span<const T> items, const std::optional<Stamp>& stamp = std::nullopt) {
    return raw_.append(std::as_bytes(items), stamp);
  }

  /// As RawWriter::claim, typed.
  [[nodiscard]] std::span<T> claim(std::uint64_t items) {
    const std::span<std::byte> slots = raw_.claim(items);
    return {reinterpret_cast<T*>(slots.data()), slots.size() / sizeof(T)};
  }
  void publish(std::uint64_t items, const std::optional<Stamp>& stamp = std::nullopt) {
    raw_.publish(items, stamp);
  }

  [[nodiscard]] Index inserted() const noexcept { return raw_.inserted(); }
  [[nodiscard]] std::uint64_t max_claim() const noexcept { return raw_.max_claim(); }
  void close() noexcept { raw_.close(); }
  void detach() noexcept { raw_.detach(); }
  [[nodiscard]] bool is_open() const noexcept { return raw_.is_open(); }
  [[nodiscard]] StreamInfo info() const { return raw_.info(); }
  [[nodiscard]] ReaderList readers() const { return raw_.readers(); }
  [[nodiscard]] RawWriter& raw() noexcept { return raw_; }

 private:
  RawWriter raw_;
};

}  // namespace shm
