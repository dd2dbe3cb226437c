// SPDX-License-Identifier: Apache-2.0

// Redis Streams over TCP on 127.0.0.1, nothing kept on disk: XADD, which throws the oldest away once there
// are about so many (MAXLEN ~, which keeps at least that), and XREAD BLOCK, which waits for what comes after
// the last that was read. For latency one XADD at a time: its reply confirms that the message is in the
// stream. For throughput XADDs are pipelined, as Redis recommends: up to 32 are written at once, and their
// replies read later, many together. Those that do not come back to back are not held back. hiredis sets
// TCP_NODELAY.
#include <hiredis.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "transports/daemon.hpp"
#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

int redis_port = 0;  // of the server that was started, before any process was forked

class RedisConnection {
 public:
  RedisConnection() : context_(::redisConnect("127.0.0.1", redis_port)) {
    if (context_ == nullptr) throw std::runtime_error("connect to Redis: no memory");
    if (context_->err != 0) failed("connect to Redis");
  }

  struct Free {
    void operator()(::redisReply* reply) const noexcept { ::freeReplyObject(reply); }
    void operator()(::redisContext* context) const noexcept { ::redisFree(context); }
  };
  using Reply = std::unique_ptr<::redisReply, Free>;

  /// The oldest reply that is still due, after all pending commands are sent.
  [[nodiscard]] Reply reply(const char* to) {
    void* got = nullptr;
    if (::redisGetReply(context_.get(), &got) != REDIS_OK) failed(to);
    Reply reply(static_cast<::redisReply*>(got));
    if (reply->type == REDIS_REPLY_ERROR) throw std::runtime_error(std::string(to) + ": " + reply->str);
    return reply;
  }

  /// The words of a command; they may hold any bytes. Its reply comes later.
  void append(std::initializer_list<std::string_view> words) {
    const char* starts[most_words];
    std::size_t lengths[most_words];
    std::size_t count = 0;
    for (const std::string_view word : words) {
      starts[count] = word.data();
      lengths[count++] = word.size();
    }
    if (::redisAppendCommandArgv(context_.get(), static_cast<int>(count), starts, lengths) != REDIS_OK) {
      failed("write a Redis command");
    }
  }

  void write_out() {
    for (int done = 0; done == 0;) {
      if (::redisBufferWrite(context_.get(), &done) != REDIS_OK) failed("write to Redis");
    }
  }

 private:
  static constexpr std::size_t most_words = 8;
  [[noreturn]] void failed(const char* what) const {
    throw std::runtime_error(std::string(what) + ": " + context_->errstr);
  }
  std::unique_ptr<::redisContext, Free> context_;
};

class RedisStream {
 public:
  explicit RedisStream(const Channel& channel)
      : channel_(channel),
        window_(channel.depth > 0 ? channel.depth
                                  : std::clamp<std::uint64_t>((16 << 20) / channel.bytes, 16, 10'000)),
        owner_(::getpid()) {}
  /// The server keeps the stream until it is deleted.
  ~RedisStream() {
    if (::getpid() != owner_) return;
    try {
      RedisConnection redis;
      redis.append({"UNLINK", channel_.name});
      static_cast<void>(redis.reply("UNLINK"));
    } catch (const std::exception&) {
      return;  // the server is gone
    }
  }
  RedisStream(const RedisStream&) = delete;
  RedisStream& operator=(const RedisStream&) = delete;

  /// More would be removed before they are read.
  [[nodiscard]] std::uint64_t window() const noexcept { return window_; }

  class Sender {
   public:
    explicit Sender(RedisStream& stream)
        : key_(stream.channel_.name),
          most_(std::to_string(stream.window_)),
          unanswered_at_most_(stream.channel_.goal == Goal::latency ? 0 : 128),
          batch_(stream.channel_.goal == Goal::latency ? 1 : batch_for(stream)) {}
    void send(Message message) {
      redis_.append({"XADD",
                     key_,
                     "MAXLEN",
                     "~",
                     most_,
                     "*",
                     "m",
                     {reinterpret_cast<const char*>(message.data()), message.size()}});
      ++unwritten_;
      const std::uint64_t now = ticks();
      const bool is_back_to_back = ns_between(last_, now) < 50'000;
      last_ = now;
      if (unwritten_ >= batch_ || !is_back_to_back) flush();
    }
    /// Writes the commands that were held back.
    void flush() {
      redis_.write_out();
      unanswered_ += unwritten_;
      unwritten_ = 0;
      for (; unanswered_ > unanswered_at_most_; --unanswered_) static_cast<void>(redis_.reply("XADD"));
    }

   private:
    /// Up to 64 KiB, and a small part of the window: a message that is held back here cannot be received.
    static std::uint64_t batch_for(const RedisStream& stream) noexcept {
      const std::uint64_t most =
          std::min<std::uint64_t>(stream.window_ / 8, (64 << 10) / stream.channel_.bytes);
      return std::clamp<std::uint64_t>(most, 1, 32);
    }
    RedisConnection redis_;
    std::string key_;
    std::string most_;
    std::uint64_t unanswered_at_most_;
    std::uint64_t batch_;
    std::uint64_t unwritten_ = 0;
    std::uint64_t unanswered_ = 0;
    std::uint64_t last_ = 0;
  };

  class Receiver {
   public:
    Receiver(RedisStream& stream, int) : key_(stream.channel_.name) {}
    template <class Use>
    void receive(Use use) {
      redis_.append({"XREAD", "COUNT", "100", "BLOCK", "0", "STREAMS", key_, last_});
      const RedisConnection::Reply reply = redis_.reply("XREAD");
      // [[key, [[id, [field, value]], ...]]]
      const ::redisReply& entries = *reply->element[0]->element[1];
      for (std::size_t i = 0; i < entries.elements; ++i) {
        const ::redisReply& value = *entries.element[i]->element[1]->element[1];
        use(Message(reinterpret_cast<const std::byte*>(value.str), static_cast<std::size_t>(value.len)));
      }
      last_ = entries.element[entries.elements - 1]->element[0]->str;
    }

   private:
    RedisConnection redis_;
    std::string key_;
    std::string last_ = "$";  // at first: messages from now on
  };

 private:
  Channel channel_;
  std::uint64_t window_;
  ::pid_t owner_;
};

std::shared_ptr<Daemon> start_redis() {
  redis_port = free_port();
  return std::make_shared<Daemon>(
      std::vector<std::string>{"redis-server", "--bind", "127.0.0.1", "--port", std::to_string(redis_port),
                               "--save", "", "--appendonly", "no", "--dir", daemon_directory("redis")},
      [] { return is_listening(redis_port); });
}

}  // namespace

Implementation redis_stream() {
  return implementation<RedisStream>(
      {
          .name = "Redis Streams",
          .version = "hiredis " + std::to_string(HIREDIS_MAJOR) + "." + std::to_string(HIREDIS_MINOR) + "." +
                     std::to_string(HIREDIS_PATCH),
          .how = "redis-server on 127.0.0.1 without persistence, XADD with MAXLEN ~, pipelined for "
                 "throughput, and XREAD COUNT 100 BLOCK 0",
          .spins = false,
          .broadcasts = true,
          .sends_alone = true,
          .is_named = true,
      },
      start_redis);
}

}  // namespace shm::bench
