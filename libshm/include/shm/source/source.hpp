// SPDX-License-Identifier: Apache-2.0

// Sources: things that are opened, read and closed to feed a stream. A source is started when the first
// reader enters, and stopped when the last one exits, in whatever process these readers are.
//
//   struct Counter : shm::Source<int> {
//     void open() override {}                                    // may throw: entering readers get the text
//     bool read(shm::Writer<int>& out) override { out.append(n++); return true; }
//     void close() noexcept override {}
//     int n = 0;
//   };
//
// Step by step, each with defaults:
//
//   auto source = shm::make_source<Counter>("demo/count");                       // SourceReader<int>
//   auto buffer = source.stream_buffer({.history = 1000});                       // StreamBuffer<int>
//   auto first_reader = buffer.make_reader(shm::Start::next());                  // Reader<int>
//
// In one call, with defaults all the way; or source, buffer and reader in one object:
//
//   auto one_call = shm::make_source<Counter>("demo/other").make_reader();
//   shm::StreamReader<int> stream("demo/third", std::make_shared<Counter>());
//   { shm::Entered scope(stream); use(stream()); }
//   auto second = stream.fork();
//
// SourceReader and StreamBuffer are handles: copies mean the same source and the same buffer, and any thread may use
// them. The source runs on a thread of the buffer's; open, read and close are called on that thread alone. The stream
// is closed, and the thread joined, when the last handle, and the last reader that was made from one, is gone.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "shm/base/export.hpp"
#include "shm/source/demand.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/writer.hpp"

namespace shm {

/// The interface of a source. Exceptions of open() and read() reach the entering reader as SourceFailed.
template <class T>
class Source {
 public:
  virtual ~Source() = default;
  virtual void open() = 0;
  /// Appends the available items, or waits a little for them (at most some 100 ms: a stop waits as long).
  /// False: the source is exhausted; the stream ends.
  virtual bool read(Writer<T>& out) = 0;
  virtual void close() noexcept = 0;
};

namespace detail {

/// Runs a source on a thread of its own, untyped.
class SHM_API SourceThread {
 public:
  struct Calls {
    std::function<void()> open;
    std::function<bool()> read;
    std::function<void()> close;
  };
  SourceThread(RawWriter& writer, Calls calls, Demand::Policy policy);
  ~SourceThread();
  SourceThread(const SourceThread&) = delete;
  SourceThread& operator=(const SourceThread&) = delete;

  void start();
  void stop();
  [[nodiscard]] bool is_started() const noexcept;

 private:
  struct SHM_LOCAL State;
  std::unique_ptr<State> state_;
};

}  // namespace detail

/// A source with the stream that it feeds.
template <class T>
class StreamBuffer {
 public:
  StreamBuffer(std::string name, std::shared_ptr<Source<T>> source, const StreamOptions& options = {},
               Demand::Policy policy = {})
      : parts_(std::make_shared<Parts>(std::move(name), std::move(source), options, policy)) {}

  [[nodiscard]] Reader<T> make_reader(Start start = Start::next(), ReaderOptions options = {}) const {
    options.directory = parts_->directory;
    return Reader<T>(RawReader(parts_->name, start, options, format_of<T>()), parts_);
  }

  /// Starts the source by hand: it runs until stop(), whether or not readers enter and exit. Returns when it runs.
  /// @throws SourceFailed.
  void start() { parts_->thread.start(); }
  /// Withdraws start(); the source goes on if a reader has entered. Returns when that is done.
  void stop() { parts_->thread.stop(); }
  [[nodiscard]] bool is_started() const noexcept { return parts_->thread.is_started(); }
  [[nodiscard]] const std::string& name() const noexcept { return parts_->name; }

 private:
  static StreamOptions with_source(StreamOptions options) {
    options.has_source = true;
    return options;
  }
  struct Parts {
    Parts(std::string stream, std::shared_ptr<Source<T>> from, StreamOptions options, Demand::Policy policy)
        : name(std::move(stream)),
          directory(options.directory),
          source(std::move(from)),
          writer(name, with_source(std::move(options))),
          thread(writer.raw(),
                 {[this] { source->open(); }, [this] { return source->read(writer); },
                  [this] { source->close(); }},
                 policy) {}
    std::string name;
    std::string directory;
    std::shared_ptr<Source<T>> source;
    Writer<T> writer;
    detail::SourceThread thread;  // last: gone first
  };
  std::shared_ptr<Parts> parts_;
};

/// A source that has a name, and makes its buffer when it is first needed.
template <class T>
class SourceReader {
 public:
  SourceReader(std::string name, std::shared_ptr<Source<T>> source)
      : parts_(std::make_shared<Parts>(std::move(name), std::move(source))) {}

  /// Makes the buffer, with these options.
  /// @throws as Writer; InvalidArgument if the buffer exists already.
  StreamBuffer<T> stream_buffer(const StreamOptions& options, Demand::Policy policy = {}) const {
    const std::lock_guard lock(parts_->mutex);
    if (parts_->buffer) throw InvalidArgument("the source of '" + parts_->name + "' has its buffer already");
    parts_->buffer.emplace(parts_->name, parts_->source, options, policy);
    return *parts_->buffer;
  }
  /// The buffer: made with defaults, if it does not exist yet.
  StreamBuffer<T> stream_buffer() const {
    const std::lock_guard lock(parts_->mutex);
    if (!parts_->buffer) parts_->buffer.emplace(parts_->name, parts_->source);
    return *parts_->buffer;
  }

  [[nodiscard]] Reader<T> make_reader(Start start = Start::next(), const ReaderOptions& options = {}) const {
    return stream_buffer().make_reader(start, options);
  }
  void start() const { stream_buffer().start(); }
  void stop() const { stream_buffer().stop(); }
  [[nodiscard]] bool is_started() const {
    const std::lock_guard lock(parts_->mutex);
    return parts_->buffer && parts_->buffer->is_started();
  }

 private:
  struct Parts {
    Parts(std::string stream, std::shared_ptr<Source<T>> from)
        : name(std::move(stream)), source(std::move(from)) {}
    std::string name;
    std::shared_ptr<Source<T>> source;
    std::mutex mutex;
    std::optional<StreamBuffer<T>> buffer;
  };
  std::shared_ptr<Parts> parts_;
};

namespace detail {
template <class T>
T item_of(const Source<T>*);  // never defined: finds T for a class derived from Source<T>
}

/// `make_source<Counter>("name", constructor arguments of Counter...)`
template <class S, class... Args>
[[nodiscard]] auto make_source(std::string name, Args&&... args) {
  using T = decltype(detail::item_of(static_cast<const S*>(nullptr)));
  return SourceReader<T>(std::move(name), std::make_shared<S>(std::forward<Args>(args)...));
}

/// All options of the chain at once; each has its default.
struct StreamReaderOptions {
  StreamOptions buffer = {};
  Demand::Policy policy = {};
  Start start = Start::next();
  ReaderOptions reader = {};
};

/// A source, its buffer and a reader in one object, which is a reader. fork() and make_reader() make more readers on
/// the same source and buffer.
template <class T>
class StreamReader : public Reader<T> {
 public:
  StreamReader(const std::string& name, std::shared_ptr<Source<T>> source,
               const StreamReaderOptions& options = {})
      : StreamReader(SourceReader<T>(name, std::move(source)).stream_buffer(options.buffer, options.policy),
                     options) {}

  [[nodiscard]] Reader<T> make_reader(Start start = Start::next(), const ReaderOptions& options = {}) const {
    return buffer_.make_reader(start, options);
  }
  void start() { buffer_.start(); }
  void stop() { buffer_.stop(); }
  [[nodiscard]] bool is_started() const noexcept { return buffer_.is_started(); }

 private:
  StreamReader(StreamBuffer<T> buffer, const StreamReaderOptions& options)
      : Reader<T>(buffer.make_reader(options.start, options.reader)), buffer_(std::move(buffer)) {}
  StreamBuffer<T> buffer_;
};

}  // namespace shm
