// SPDX-License-Identifier: Apache-2.0

// A stream's file with single bytes changed: a reader that attaches and a writer that takes it over get an error or a
// result, and never crash.
#include <gtest/gtest.h>

#include <filesystem>

#include "shm/layout/stream_layout.hpp"
#include "shm/stream/reader.hpp"
#include "storage/left_stream.hpp"
#include "support/raw_file.hpp"
#include "support/sanitizers.hpp"

namespace shm {
namespace {

class DamagedFiles : public test::LeftStream {
 protected:
  /// Attaches, and does everything that a reader does. Each call must return a result or throw an shm::Error.
  static void read_all() {
    try {
      RawReader reader("numbers", Start::oldest());
      static_cast<void>(reader.info());
      std::vector<std::byte> item(reader.item_bytes());
      static_cast<void>(reader.try_next(item));
      static_cast<void>(reader.peek(item));
      for (const Start start : {Start::newest(), Start::next(), Start::at(2999), Start::at(0)}) {
        reader.seek(start);
        static_cast<void>(reader.try_next(item));
      }
      const RawView view = reader.peek_view(1000);
      std::vector<std::byte> copy(view.bytes().begin(), view.bytes().end());
      const auto attempt = [](const auto& act) {
        try {
          act();
        } catch (const Error&) {
        }
      };
      attempt([&] { static_cast<void>(reader.slice({})); });
      attempt([&] { static_cast<void>(reader.slice({-10, {}})); });
      attempt([&] { static_cast<void>(reader.slice({2990, 3000, 3})); });
      attempt([&] { reader.item(2999, item); });
      attempt([&] { static_cast<void>(reader.read(copy, Amount::available, Deadline::now())); });
      RawReader fork = reader.fork();
    } catch (const Error&) {
    }
  }
  /// Makes the next writer, which continues, replaces, or refuses the stream.
  void write_some() const {
    try {
      Writer<std::uint64_t> out("numbers", options);
      for (std::uint64_t i = 0; i < 600; ++i) out.append(i);
      out.detach();
    } catch (const Error&) {
    }
  }
  template <class Use>
  void with_every_byte_changed(std::size_t begin, std::size_t end, Use use) {
    for (std::size_t at = begin; at < end; ++at) {
      for (const int change : {0x01, 0x80, 0xff, 0x40}) {
        std::string bytes = good;
        bytes[at] = static_cast<char>(bytes[at] ^ change);
        put(bytes);
        SCOPED_TRACE(testing::Message() << "byte " << at << " xor " << change);
        use();
      }
    }
  }
};

TEST_F(DamagedFiles, AnyChangedByteOfTheHeaderIsRefusedOrReadWithoutACrash) {
  with_every_byte_changed(0, sizeof(layout::StreamHeader), [] { read_all(); });
}

TEST_F(DamagedFiles, AnyChangedByteOfTheLiveStateIsRefusedOrReadWithoutACrash) {
  with_every_byte_changed(4096, 4096 + 128, [] { read_all(); });
  with_every_byte_changed(4096 + 256, 4096 + 264, [] { read_all(); });
  with_every_byte_changed(4096 + 384, 4096 + 400, [] { read_all(); });
  with_every_byte_changed(4096 + 1024, 4096 + 1024 + 256, [] { read_all(); });  // the counters
}

TEST_F(DamagedFiles, AnyChangedByteOfTheTextsIsRefusedOrReadWithoutACrash) {
  with_every_byte_changed(8192, 8192 + 16, [] { read_all(); });
}

TEST_F(DamagedFiles, AnyChangedByteDoesNotCrashTheNextWriterNorItsReaders) {
  const auto use = [this] {
    write_some();
    read_all();
  };
  with_every_byte_changed(0, test::turns(1000) < 1000 ? 128 : sizeof(layout::StreamHeader), use);
  with_every_byte_changed(4096 + 1024, 4096 + 1024 + 8, use);          // guard
  with_every_byte_changed(4096 + 1024 + 56, 4096 + 1024 + 64, use);    // inserted
  with_every_byte_changed(4096 + 1024 + 128, 4096 + 1024 + 136, use);  // reserved
}

TEST_F(DamagedFiles, ReplacingAStreamWithContradictoryCountersDoesNotCrash) {
  for (const std::uint64_t inserted : {std::uint64_t{0}, std::uint64_t{1} << 40, ~std::uint64_t{0} - 5}) {
    for (const std::uint64_t reserved : {std::uint64_t{0}, std::uint64_t{100}, ~std::uint64_t{0}}) {
      put(good);
      test::poke_file(path, 4096 + 1024 + 56, inserted);
      test::poke_file(path, 4096 + 1024 + 128, reserved);
      read_all();
      try {
        Writer<std::uint64_t> other("numbers", {.history = 5000});
        other.append(1);
        read_all();
        other.detach();
      } catch (const Error&) {
      }
      std::filesystem::remove(path);
    }
  }
}

}  // namespace
}  // namespace shm
