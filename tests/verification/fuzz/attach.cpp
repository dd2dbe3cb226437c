// SPDX-License-Identifier: Apache-2.0

// Fuzz target: the files of a stream are arbitrary, or good files that were damaged. The target does everything that
// a program can do with a stream by its name: list it, read it, clean it up, and continue it.
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <span>
#include <vector>

#include "shm/audio/audio.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/raw_writer.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/record_script.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

struct Put {
  std::string format;
  StreamOptions options;
};

/// Puts a damaged stream in place, or bytes that are not a stream. Returns the options of the stream before the
/// damage.
Put put_files(Input& input) {
  const std::size_t which = input.below(left_streams() + 2);
  if (which < left_streams()) {
    StreamBytes files = left_stream(which);
    const std::uint64_t size = damage(files, input);
    put_stream(stream_name, files, size);
    return {files.format, left_options(which)};
  }
  // The fuzzer rarely guesses the magic and the version, so one case starts with them; the rest is the input's.
  std::string stream = which == left_streams() ? left_stream(0).stream.substr(0, 16) : std::string();
  stream += unrolled(input.text());
  put_file(std::string(stream_name) + ".stream", stream, input.flag() ? input.awkward(16384) : 0);
  if (input.flag()) put_file(std::string(stream_name) + ".control", unrolled(input.text()));
  return {left_stream(0).format, left_options(0)};
}

void look(Input& input) {
  attempt([] { static_cast<void>(list_streams()); });
  attempt([] {
    const StreamInfo info = stream_info(stream_name);
    SHM_FUZZ_CHECK(info.items.inserted - info.items.oldest <= info.items.capacity);
    static_cast<void>(audio_format(info));
  });
  attempt([] { static_cast<void>(stream_readers(stream_name)); });
  attempt([] { SHM_FUZZ_CHECK(evict_readers(stream_name, [](const ReaderInfo&) { return true; }).empty()); });
  attempt([&] { static_cast<void>(collect_garbage({.persistent = input.flag(), .dry_run = true})); });
}

void read(const Put& put, Input& input) {
  if (put.options.records && input.flag()) return read_records(input, [] {});
  std::optional<RawReader> reader = attach(input);
  if (!reader) return;
  for (std::size_t calls = input.below(24); calls > 0 && !input.empty(); --calls) {
    read_something(*reader, input, [] {});
  }
}

/// Does one append of items. If they have keys, then the key may be smaller than the one before.
void append(RawWriter& out, std::vector<std::byte>& items, const StreamOptions& options, Input& input) {
  attempt([&] {
    if (options.ledger) {
      const auto key = static_cast<std::int64_t>(input.awkward(8'000));
      static_cast<void>(out.append(items, input.flag() ? Stamp::first(key) : Stamp::last(key).after_gap()));
      return;
    }
    if (options.timestamp.kind != Timestamp::Kind::none && items.size() >= sizeof(std::uint64_t)) {
      const std::uint64_t key = input.awkward(8'000);
      for (std::size_t at = 0; at < items.size(); at += out.item_bytes()) {
        std::memcpy(items.data() + at, &key, sizeof key);
      }
    }
    static_cast<void>(out.append(items));
  });
}

/// Does one append of a record, in the same way.
void write_records(const Put& put, Input& input) {
  attempt([&] {
    StreamOptions options = put.options;
    options.prefault = false;
    if (input.flag()) options.records = RecordOptions{.history_bytes = 1 + input.awkward(4096) % 65536};
    RecordWriter out(stream_name, options);
    for (std::size_t turns = 1 + input.below(16); turns > 0; --turns) append_record(out, options, input);
    read_records(input, [] {});
    input.flag() ? out.close() : out.detach();
  });
}

/// Makes the next writer, which continues, replaces, or refuses the stream; then readers read its items.
void write(const Put& put, Input& input) {
  attempt([&] {
    StreamOptions options{.history = 1 + input.below(64), .prefault = false};
    const std::uint8_t how = input.byte();
    options.persistent = (how & 1U) != 0;
    options.has_source = (how & 2U) != 0;
    if ((how & 16U) != 0) {
      options.lossless = LosslessOptions{.when_full = (how & 32U) != 0 ? WhenFull::drop : WhenFull::fail};
    }
    if ((how & 8U) != 0) {  // the options that the stream was made with, if they fit
      options = put.options;
      options.prefault = false;
    }
    RawWriter out(stream_name, (how & 4U) != 0 ? std::string("<i") : put.format, options);
    std::vector<std::byte> items(out.item_bytes() * (1 + input.below(16)), std::byte{1});
    for (std::size_t turns = 1 + input.below(8); turns > 0; --turns) append(out, items, options, input);
    attempt([&] {
      const std::span<std::byte> claimed = out.claim(1 + input.below(4));
      SHM_FUZZ_CHECK(claimed.size() % out.item_bytes() == 0);
      if (!claimed.empty()) out.publish(1);  // otherwise it was dropped
    });
    static_cast<void>(out.info());
    static_cast<void>(out.readers());
    read(put, input);
    input.flag() ? out.close() : out.detach();
  });
}

/// The time of a file is as arbitrary as its bytes.
void change_time(Input& input) {
  const std::string path = directory() / (std::string(stream_name) + ".control");
  const ::timespec time{static_cast<::time_t>(input.awkward(1)),
                        static_cast<long>(input.number<std::uint16_t>())};
  const std::array both{time, time};
  static_cast<void>(::utimensat(AT_FDCWD, path.c_str(), both.data(), AT_SYMLINK_NOFOLLOW));
}

void clean_up(Input& input) {
  const std::uint8_t how = input.byte();
  if ((how & 1U) != 0) change_time(input);
  attempt([&] { static_cast<void>(collect_garbage({.persistent = (how & 2U) != 0, .dry_run = false})); });
  attempt([&] { remove_stream(stream_name, (how & 4U) != 0); });
  if ((how & 8U) != 0) attempt([] { static_cast<void>(collect_garbage()); });
}

}  // namespace

SHM_FUZZ_TARGET(attach) {
  const Put put = put_files(input);
  const std::uint8_t parts = input.byte();
  look(input);
  read(put, input);
  if ((parts & 1U) != 0) put.options.records ? write_records(put, input) : write(put, input);
  if ((parts & 2U) != 0) read(put, input);
  if ((parts & 4U) != 0) clean_up(input);
  clear_directory();
}
