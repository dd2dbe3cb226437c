// SPDX-License-Identifier: Apache-2.0

// The typed reader: RawReader for items of one C++ type. RawReader's header describes what a reader is and
// promises.
//
//   shm::Reader<double> in("lab/temperature", shm::Start::oldest());
//   for (double kelvin : in) use(kelvin);        // waits for more; stops when the stream ends
//   std::vector<double> three = in[{-3, {}}];    // the newest three
//   double one = in();                           // as a function: the next item
//
// The item type is checked against the stream's when attaching. Threads and errors: as RawReader.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "shm/stream/raw_reader.hpp"

namespace shm {

/// The result of a cursor: its status, and the item if that is ok.
template <class T>
struct Next {
  Status status = Status::not_yet;
  T item{};

  explicit operator bool() const noexcept { return status == Status::ok; }
  [[nodiscard]] const T& operator*() const noexcept { return item; }
  [[nodiscard]] const T* operator->() const noexcept { return &item; }
};

/// A view of items in place: a random-access range. Check intact() after use. See RawView.
template <class T>
class View {
 public:
  explicit View(RawView raw) : raw_(raw) {}

  class Iterator {
   public:
    using iterator_category = std::random_access_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using reference = const T&;
    using pointer = const T*;
    Iterator() = default;
    Iterator(const T* at, difference_type step) : at_(at), step_(step) {}
    reference operator*() const { return *at_; }
    pointer operator->() const { return at_; }
    reference operator[](difference_type n) const { return at_[n * step_]; }
    Iterator& operator+=(difference_type n) { return at_ += n * step_, *this; }
    Iterator& operator-=(difference_type n) { return at_ -= n * step_, *this; }
    Iterator& operator++() { return *this += 1; }
    Iterator& operator--() { return *this -= 1; }
    Iterator operator++(int) { return std::exchange(*this, *this + 1); }
    Iterator operator--(int) { return std::exchange(*this, *this - 1); }
    friend Iterator operator+(Iterator a, difference_type n) { return a += n; }
    friend Iterator operator+(difference_type n, Iterator a) { return a += n; }
    friend Iterator operator-(Iterator a, difference_type n) { return a -= n; }
    friend difference_type operator-(const Iterator& a, const Iterator& b) {
      return (a.at_ - b.at_) / a.step_;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }
    friend auto operator<=>(const Iterator& a, const Iterator& b) { return a.at_ <=> b.at_; }

   private:
    const T* at_ = nullptr;
    difference_type step_ = 1;
  };

  [[nodiscard]] Iterator begin() const { return {first(), step()}; }
  [[nodiscard]] Iterator end() const { return begin() + static_cast<std::ptrdiff_t>(raw_.size()); }
  [[nodiscard]] std::size_t size() const noexcept { return raw_.size(); }
  [[nodiscard]] bool empty() const noexcept { return raw_.empty(); }
  [[nodiscard]] const T& operator[](std::size_t i) const { return begin()[static_cast<std::ptrdiff_t>(i)]; }
  [[nodiscard]] const T& front() const { return *begin(); }
  [[nodiscard]] const T& back() const { return (*this)[size() - 1]; }
  /// The items as one piece of memory. @throws InvalidArgument  the slice has a step other than 1.
  [[nodiscard]] std::span<const T> span() const {
    if (raw_.slice().step != 1)
      throw InvalidArgument("a view with a step is not contiguous: iterate over it");
    return {first(), raw_.size()};
  }
  [[nodiscard]] IndexRange indices() const noexcept { return {raw_.slice().begin, raw_.slice().end}; }
  [[nodiscard]] bool intact() const noexcept { return raw_.intact(); }
  void check() const { raw_.check(); }

 private:
  [[nodiscard]] const T* first() const { return reinterpret_cast<const T*>(raw_.at(0)); }
  [[nodiscard]] std::ptrdiff_t step() const { return static_cast<std::ptrdiff_t>(raw_.slice().step); }
  RawView raw_;
};

template <class T>
class Reader {
  static_assert(std::is_trivially_copyable_v<T>, "items are copied as bytes between processes");

 public:
  using value_type = T;

  /// @throws as RawReader.
  Reader(std::string_view name, Start start, const ReaderOptions& options = {})
      : raw_(name, start, options, format_of<T>()) {}

  /// Takes over an untyped reader, and keeps `keeps` alive as long as it lives: the source of the stream, if that is
  /// in this process. REQUIRES: the reader was made with format_of<T>().
  explicit Reader(RawReader raw, Shared<const void> keeps = nullptr)
      : keeps_(std::move(keeps)), raw_(std::move(raw)) {}

  [[nodiscard]] Reader fork() const { return Reader(raw_.fork(), keeps_); }

  // --- cursor; see RawReader ---
  [[nodiscard]] Next<T> try_next() {
    Next<T> next;
    next.status = raw_.try_next_sized<sizeof(T)>(bytes(next.item));
    return next;
  }
  [[nodiscard]] Next<T> next(Deadline deadline = Deadline::never()) {
    Next<T> next;
    next.status = raw_.next_sized<sizeof(T)>(bytes(next.item), deadline);
    return next;
  }
  [[nodiscard]] Next<T> peek(Deadline deadline = Deadline::now()) {
    Next<T> next;
    next.status = raw_.peek(as_writable(next.item), deadline);
    return next;
  }
  /// The next item, waiting for it; items that were lost are skipped (and counted: lost_items()).
  /// @throws Ended, Interrupted, WriterLost, Evicted; OverlapsPast with loss_is_error.
  T operator()() {
    for (;;) {
      const Next<T> next = this->next();
      if (next) return next.item;
      if (next.status != Status::lost) raw_.throw_status(next.status);
    }
  }
  [[nodiscard]] ReadResult read(std::span<T> items, Amount amount = Amount::exactly,
                                Deadline deadline = Deadline::never()) {
    return raw_.read(std::as_writable_bytes(items), amount, deadline);
  }
  [[nodiscard]] View<T> peek_view(std::uint64_t most) const noexcept { return View<T>(raw_.peek_view(most)); }
  [[nodiscard]] Status skip(std::uint64_t items) { return raw_.skip(items); }
  [[nodiscard]] Status wait_for(Index count, Deadline deadline = Deadline::never()) {
    return raw_.wait_for(count, deadline);
  }
  [[nodiscard]] Index cursor() const noexcept { return raw_.cursor(); }
  void acknowledge(Index index) { raw_.acknowledge(index); }
  [[nodiscard]] Index acknowledged() const noexcept { return raw_.acknowledged(); }
  [[nodiscard]] bool is_lossless() const noexcept { return raw_.is_lossless(); }
  void seek(Start start) { raw_.seek(start); }
  void seek(Index index) { raw_.seek(index); }

  /// Input iteration that blocks for more items and ends with the stream. Lost items are skipped and counted.
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(Reader& reader) : reader_(&reader) { ++*this; }
    const T& operator*() const noexcept { return item_; }
    Iterator& operator++() {
      for (;;) {
        const Next<T> next = reader_->next();
        if (next) return item_ = next.item, *this;
        if (next.status == Status::ended) return reader_ = nullptr, *this;
        if (next.status != Status::lost) reader_->raw_.throw_status(next.status);
      }
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.reader_ == nullptr; }

   private:
    Reader* reader_;
    T item_{};
  };
  /// @throws Interrupted, WriterLost, Evicted; OverlapsPast with loss_is_error.
  [[nodiscard]] Iterator begin() { return Iterator(*this); }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

  // --- sequence; see RawReader::resolve ---
  [[nodiscard]] T operator[](std::int64_t index) { return item(index); }
  [[nodiscard]] std::vector<T> operator[](const Slice& slice) { return this->slice(slice); }
  [[nodiscard]] T item(std::int64_t index, Deadline wait = Deadline::now()) {
    T item;
    raw_.item(index, as_writable(item), wait);
    return item;
  }
  [[nodiscard]] std::vector<T> slice(const Slice& slice, Deadline wait = Deadline::now()) {
    std::vector<T> items;
    raw_.copy_slice(slice, wait, [&](std::uint64_t count) {
      items.resize(count);
      return reinterpret_cast<std::byte*>(items.data());
    });
    return items;
  }
  std::uint64_t slice_into(std::span<T> to, const Slice& slice, Deadline wait = Deadline::now()) {
    return raw_.slice_into(std::as_writable_bytes(to), slice, wait);
  }
  [[nodiscard]] View<T> view(const Slice& slice, Deadline wait = Deadline::now()) {
    return View<T>(raw_.view(slice, wait));
  }

  [[nodiscard]] Index inserted() const noexcept { return raw_.inserted(); }
  [[nodiscard]] Index oldest() const noexcept { return raw_.oldest(); }
  [[nodiscard]] IndexRange readable() const noexcept { return raw_.readable(); }
  [[nodiscard]] std::uint64_t history() const noexcept { return raw_.history(); }
  [[nodiscard]] std::uint64_t lost_items() const noexcept { return raw_.lost_items(); }
  [[nodiscard]] std::uint64_t lost_ranges() const noexcept { return raw_.lost_ranges(); }
  [[nodiscard]] IndexRange last_lost() const noexcept { return raw_.last_lost(); }
  [[nodiscard]] StreamInfo info() const { return raw_.info(); }
  [[nodiscard]] WriterState writer_state() const { return raw_.writer_state(); }
  [[nodiscard]] bool is_listed() const noexcept { return raw_.is_listed(); }

  // --- the source ---
  void enter(Deadline deadline = std::chrono::seconds(10)) { raw_.enter(deadline); }
  void exit() noexcept { raw_.exit(); }
  [[nodiscard]] bool is_entered() const noexcept { return raw_.is_entered(); }
  [[nodiscard]] bool source_is_started() const noexcept { return raw_.source_is_started(); }

  [[nodiscard]] RawReader& raw() noexcept { return raw_; }

 private:
  static std::byte* bytes(T& item) noexcept { return reinterpret_cast<std::byte*>(&item); }
  static std::span<std::byte> as_writable(T& item) noexcept { return {bytes(item), sizeof(T)}; }
  Shared<const void> keeps_;  // a source in this process lives as long as its readers
  RawReader raw_;
};

/// Enters the reader's source for a scope.
///
///     { shm::Entered scope(reader);  use(reader()); }
template <class AnyReader>
class [[nodiscard]] Entered {
 public:
  /// @throws as RawReader::enter.
  explicit Entered(AnyReader& reader, Deadline deadline = std::chrono::seconds(10)) : reader_(&reader) {
    reader.enter(deadline);
  }
  ~Entered() { reader_->exit(); }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  AnyReader* reader_;
};

}  // namespace shm

// (std::ranges::view_interface would give all this, but clang before 16 cannot read libstdc++'s.)
template <class T>
inline constexpr bool std::ranges::enable_view<shm::View<T>> = true;
template <class T>
inline constexpr bool std::ranges::enable_borrowed_range<shm::View<T>> = true;
