// SPDX-License-Identifier: Apache-2.0

// A writer in another process that appends items on command: the test decides when the items that it waits for come,
// so that it needs no sleeps.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

#include "shm/stream/writer.hpp"
#include "support/process.hpp"

namespace shm::test {

/// A pair of sockets that are closed by an exec.
struct Sockets {
  explicit Sockets(int type) {
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0) {
      throw std::runtime_error("no sockets");
    }
  }
  ~Sockets() {
    for (const int end : ends) ::close(end);
  }
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  std::array<int, 2> ends{};
};

/// A forked process. Make it before readers and descriptors, since a fork does not have their threads. Its items
/// count up from 0.
class CommandedWriter {
 public:
  explicit CommandedWriter(const std::string& stream)
      : process_([this, stream] {
          ::close(sockets_.ends[0]);  // so that it ends with its parent
          Writer<int> out(stream, StreamOptions{.history = 1024});
          int next = 0;
          char items = 0;
          while (::read(sockets_.ends[1], &items, 1) == 1 && items > 0) {
            for (; items > 0; --items) out.append(next++);
            if (::write(sockets_.ends[1], "a", 1) != 1) return 1;
          }
          out.close();
          return 0;
        }) {
    ::close(std::exchange(sockets_.ends[1], -1));
  }

  void append(char items) {
    if (::send(answers(), &items, 1, MSG_NOSIGNAL) != 1) throw std::runtime_error("the writer is gone");
  }
  void end() { append(0); }
  /// Returns the socket that receives a byte after each completed command, and end-of-file when the process ends.
  [[nodiscard]] int answers() const { return sockets_.ends[0]; }

 private:
  Sockets sockets_{SOCK_STREAM};
  Process process_;
};

}  // namespace shm::test
