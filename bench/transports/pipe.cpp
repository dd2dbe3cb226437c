// SPDX-License-Identifier: Apache-2.0

// A pipe for each receiver. Asleep: read(2) blocks. Spinning: it does not, and is called again and again. For
// throughput a read(2) takes all that is there, up to 64 KiB.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <system_error>
#include <vector>

#include "transports/loops.hpp"
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

class Pipe {
 public:
  explicit Pipe(const Channel& channel)
      : channel_(channel), ends_(static_cast<std::size_t>(channel.receivers)) {
    for (Ends& ends : ends_) {
      if (::pipe2(ends.descriptors, O_CLOEXEC) != 0)
        throw std::system_error(errno, std::generic_category(), "pipe");
      // As large as an unprivileged user may have it; refused where pipes take too much already.
      static_cast<void>(::fcntl(ends.descriptors[1], F_SETPIPE_SZ, 1 << 20));
    }
  }
  ~Pipe() {
    for (const Ends& ends : ends_) {
      for (const int descriptor : ends.descriptors) ::close(descriptor);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  class Sender {
   public:
    explicit Sender(Pipe& pipe) : pipe_(pipe) {}
    void send(Message message) {
      for (const Ends& ends : pipe_.ends_) {
        std::size_t done = 0;
        while (done < message.size()) {
          const ::ssize_t bytes = ::write(ends.descriptors[1], message.data() + done, message.size() - done);
          if (bytes < 0) throw std::system_error(errno, std::generic_category(), "write to a pipe");
          done += static_cast<std::size_t>(bytes);
        }
      }
    }

   private:
    Pipe& pipe_;
  };

  class Receiver {
   public:
    Receiver(Pipe& pipe, int number)
        : descriptor_(pipe.ends_[static_cast<std::size_t>(number)].descriptors[0]),
          bytes_(pipe.channel_.bytes),
          buffer_(pipe.channel_.goal == Goal::throughput ? std::max(bytes_, at_once) : bytes_) {
      if (pipe.channel_.wait == Wait::spin) ::fcntl(descriptor_, F_SETFL, O_NONBLOCK);
    }
    template <class Use>
    void receive(Use use) {
      while (there_ < bytes_) {
        const ::ssize_t bytes = ::read(descriptor_, buffer_.data() + there_, buffer_.size() - there_);
        if (bytes < 0 && errno != EAGAIN)
          throw std::system_error(errno, std::generic_category(), "read a pipe");
        if (bytes > 0) there_ += static_cast<std::size_t>(bytes);
      }
      std::size_t used = 0;
      for (; there_ - used >= bytes_; used += bytes_) use(Message(buffer_).subspan(used, bytes_));
      // The first bytes of a message, whose rest is still in the pipe.
      there_ -= used;
      if (there_ > 0) std::memmove(buffer_.data(), buffer_.data() + used, there_);
    }

   private:
    static constexpr std::size_t at_once = std::size_t{64} << 10;
    int descriptor_;
    std::size_t bytes_;
    std::vector<std::byte> buffer_;
    std::size_t there_ = 0;  ///< in the buffer, from its beginning
  };

 private:
  struct Ends {
    int descriptors[2] = {-1, -1};
  };
  Channel channel_;
  std::vector<Ends> ends_;
};

}  // namespace

Implementation pipe_transport() {
  return implementation<Pipe>({
      .name = "pipe",
      .how = "pipe(2) of 1 MiB for each receiver, write(2) and read(2)",
  });
}

}  // namespace shm::bench
