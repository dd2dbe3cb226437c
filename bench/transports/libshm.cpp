// SPDX-License-Identifier: Apache-2.0

// libshm: a stream, one writer, as many readers as there are receivers.
//
// Messages of sizes that the compiler knows, up to 1 KiB: Writer::append and Reader::next, a copy each way.
// Larger ones are viewed in place (peek_view, then skip, which returns whether they were intact). For
// throughput readers take all published messages in one view.
//
// How long the history is: history.hpp.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "shm/stream/reader.hpp"
#include "shm/stream/record_reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"
#include "support/item.hpp"
#include "transports/history.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

StreamOptions stream_options(const Channel& channel) {
  StreamOptions options;
  options.history = history_of(channel);
  if (channel.lossless) options.lossless = LosslessOptions{};
  return options;
}

ReaderOptions reader_options(const Channel& channel) {
  ReaderOptions options;
  options.waiting = channel.wait == Wait::spin ? WaitStrategy::spin() : WaitStrategy::sleep();
  options.wait_for_stream = std::chrono::seconds(10);
  if (channel.lossless) options.lossless = Acknowledge::with_read;
  return options;
}

void check(Status status) {
  // Lost messages show as missing numbers: the loops detect them.
  if (status != Status::ok && status != Status::lost) {
    throw std::runtime_error("libshm: " + std::string(to_string(status)));
  }
}

/// The common part of both kinds. Half of the history may be on the way, where the stream does not limit that
/// itself: a view reaches back by as much as a quarter.
class AnyStream {
 public:
  explicit AnyStream(const Channel& channel) : channel_(channel) {}
  [[nodiscard]] std::uint64_t window() const { return channel_.lossless ? 0 : half(); }
  [[nodiscard]] std::uint64_t half() const { return std::max<std::uint64_t>(1, history_of(channel_) / 2); }
  [[nodiscard]] const Channel& channel() const { return channel_; }

 private:
  Channel channel_;
};

/// Takes all published messages, in place.
template <class AnyReader, class Use>
void use_in_place(AnyReader& reader, std::uint64_t most, Use use) {
  check(reader.wait_for(reader.cursor() + 1));
  const RawView view = reader.peek_view(most);
  const std::uint64_t bytes = reader.item_bytes();
  for (std::uint64_t i = 0; i < view.size(); ++i) use(Message(view.at(i), bytes));
  check(reader.skip(view.size()));
}

/// Items of a size that the compiler knows.
template <std::size_t Bytes>
class SmallStream : public AnyStream {
 public:
  using AnyStream::AnyStream;

  class Sender {
   public:
    explicit Sender(SmallStream& stream) : writer_(stream.channel().name, stream_options(stream.channel())) {}
    void send(Message message) { writer_.raw().template append_one<Bytes>(message.data()); }

   private:
    Writer<Item<Bytes>> writer_;
  };

  class Receiver {
   public:
    Receiver(SmallStream& stream, int)
        : goal_(stream.channel().goal),
          most_(stream.half() / 2 + 1),
          reader_(stream.channel().name, Start::next(), reader_options(stream.channel())) {}
    template <class Use>
    void receive(Use use) {
      if (goal_ == Goal::throughput) {
        use_in_place(reader_.raw(), most_, [&](Message message) { use(message.first<Bytes>()); });
        return;
      }
      const Next<Item<Bytes>> next = reader_.next();
      if (next) return use(std::as_bytes(std::span(next.item)));
      check(next.status);
    }

   private:
    Goal goal_;
    std::uint64_t most_;
    Reader<Item<Bytes>> reader_;
  };
};

class LargeStream : public AnyStream {
 public:
  using AnyStream::AnyStream;

  class Sender {
   public:
    explicit Sender(LargeStream& stream)
        : writer_(stream.channel().name, std::to_string(stream.channel().bytes) + "s",
                  stream_options(stream.channel())) {}
    void send(Message message) { writer_.append(message); }

   private:
    RawWriter writer_;
  };

  class Receiver {
   public:
    Receiver(LargeStream& stream, int)
        : most_(stream.half() / 2 + 1),
          reader_(stream.channel().name, Start::next(), reader_options(stream.channel())) {}
    template <class Use>
    void receive(Use use) {
      use_in_place(reader_, most_, use);
    }

   private:
    std::uint64_t most_;
    RawReader reader_;
  };
};

/// Records, appended as a copy and looked at in place.
class RecordStream : public AnyStream {
 public:
  using AnyStream::AnyStream;

  class Sender {
   public:
    explicit Sender(RecordStream& stream) : writer_(stream.channel().name, options_of(stream.channel())) {}
    void send(Message message) { writer_.append(message); }

   private:
    static StreamOptions options_of(const Channel& channel) {
      StreamOptions options = stream_options(channel);
      options.records =
          RecordOptions{.history_bytes = options.history * channel.bytes, .max_record_bytes = channel.bytes};
      return options;
    }
    RecordWriter writer_;
  };

  class Receiver {
   public:
    Receiver(RecordStream& stream, int)
        : reader_(stream.channel().name, Start::next(), reader_options(stream.channel())) {}
    template <class Use>
    void receive(Use use) {
      const Next<RecordView> next = reader_.next();
      check(next.status);
      if (next) use(next->bytes());
    }

   private:
    RecordReader reader_;
  };
};

template <class Stream>
std::unique_ptr<Link> link(const Channel& channel) {
  return std::make_unique<loops::LinkOf<Stream>>(channel);
}

std::unique_ptr<Link> link_of_size(const Channel& channel) {
  if (channel.records) return link<RecordStream>(channel);
  switch (channel.bytes) {
    case 8:
      return link<SmallStream<8>>(channel);
    case 48:
      return link<SmallStream<48>>(channel);
    case 64:
      return link<SmallStream<64>>(channel);
    case 256:
      return link<SmallStream<256>>(channel);
    case 1024:
      return link<SmallStream<1024>>(channel);
    default:
      return link<LargeStream>(channel);
  }
}

}  // namespace

Implementation libshm_stream() {
  return {
      .is = {.name = "libshm",
             .kind = Kind::ours,
             .version = SHM_BENCH_VERSION,
             .how =
                 "Writer::append and Reader::next up to 1 KiB, larger ones and whole batches read in place "
                 "(peek_view); 512 KiB of history, or one message for latency, 64 or 4 MiB for throughput",
             .broadcasts = true,
             .sends_alone = true,
             .is_named = true},
      .link = link_of_size};
}

}  // namespace shm::bench
