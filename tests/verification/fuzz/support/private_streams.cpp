// SPDX-License-Identifier: Apache-2.0
#include "verification/fuzz/support/private_streams.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <vector>

#include "shm/audio/audio.hpp"
#include "shm/format/described.hpp"
#include "shm/stream/raw_writer.hpp"
#include "shm/stream/reader.hpp"
#include "shm/stream/record_writer.hpp"
#include "shm/stream/writer.hpp"

namespace shm::fuzz {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const std::string& what) {
  std::perror(what.c_str());
  std::_Exit(99);  // not a finding, but the target cannot continue
}

class PrivateDirectory {
 public:
  PrivateDirectory() {
    const char* base = std::getenv("SHM_FUZZ_DIR");  // the caller removes it, also after a crash
    std::string pattern = std::string(base != nullptr ? base : "/dev/shm") + "/shm-fuzz-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) give_up(pattern);
    path_ = pattern;
    ::setenv("LIBSHM_DIR", pattern.c_str(), 1);
  }
  ~PrivateDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PrivateDirectory(const PrivateDirectory&) = delete;
  PrivateDirectory& operator=(const PrivateDirectory&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// The keys of items: no keys, a time in their first bytes, stamps.
enum class Keys { none, nanoseconds, seconds, stamps };

struct Kind {
  std::string format;
  StreamOptions options;
  std::uint64_t items;
  bool ended;
  Keys keys = Keys::none;
};

/// Keys never decrease: the difference is ten, or a skip.
std::int64_t key_of(std::uint64_t item) { return static_cast<std::int64_t>(10 * item + item / 64 * 100'000); }

template <class Number>
void put_key(std::span<std::byte> item, Number key) {
  std::memcpy(item.data(), &key, sizeof key);
}

/// Appends items that contain their index.
void fill(RawWriter& out, const Kind& kind) {
  std::vector<std::byte> item(out.item_bytes());
  for (std::uint64_t i = 0; i < kind.items; ++i) {
    for (std::size_t k = 0; k < item.size(); ++k) item[k] = static_cast<std::byte>(i + k);
    if (kind.keys == Keys::nanoseconds) put_key(item, key_of(i));
    if (kind.keys == Keys::seconds) put_key(item, static_cast<double>(key_of(i)) * 1e-3);
    if (kind.keys == Keys::stamps && i % 5 == 0) {
      const Stamp stamp = Stamp::first(key_of(i));
      out.append(item, i % 64 < 5 ? stamp.after_gap(static_cast<std::uint8_t>(i)) : stamp);
    } else {
      out.append(item);
    }
  }
}

/// Appends records that contain their index, some of them empty.
void fill_records(RecordWriter& out, const Kind& kind) {
  for (std::uint64_t i = 0; i < kind.items; ++i) {
    const std::vector<std::byte> record(i * 37 % out.max_record_bytes(), static_cast<std::byte>(i));
    const auto stamp = kind.keys == Keys::stamps ? std::optional(Stamp::first(key_of(i))) : std::nullopt;
    out.append(record, stamp);
  }
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all = [] {
    const AudioFormat sound{SampleFormat::S16_LE, 2, 48000, "hw:CARD=Fuzz"};
    std::vector<Kind> made;
    made.push_back(
        {"<Q", {.history = 50, .metadata = R"({"a": [1, {"b": null}]})", .unit = "V"}, 2000, false});
    made.push_back({"(3)<B", {.history = 20}, 5, false});
    made.push_back(
        {"T{<q:time:(2)<f:xy:8s:id:4x}",
         {.history = 30, .sample_rate = 100, .timestamp = Timestamp::field("time"), .persistent = true},
         300,
         true,
         Keys::nanoseconds});
    made.push_back({"(5000)<B", {.history = 4, .max_claim = 2, .has_source = true}, 9, false});
    made.push_back({"(2)<h",
                    {.history = 480,
                     .metadata = audio_metadata(sound),
                     .sample_rate = sound.rate,
                     .has_source = true,
                     .persistent = true},
                    1000,
                    true});
    made.push_back({"100s", {.history = 10, .timestamp = {}, .clock = CLOCK_REALTIME}, 0, false});
    // Streams with one or two rings beside the items.
    made.push_back({"<Q",
                    {.history = 60,
                     .sample_rate = 1e8,
                     .ledger = LedgerOptions{},
                     .buckets = BucketOptions{.quantum = 64}},
                    700,
                    false,
                    Keys::stamps});
    made.push_back({"<Q",
                    {.history = 60, .ledger = LedgerOptions{.anchors = 120}, .persistent = true},
                    400,
                    true,
                    Keys::stamps});
    made.push_back(
        {format_of<TimeAndValue<double>>(),
         {.history = 60, .timestamp = Timestamp::time_and_value(), .buckets = BucketOptions{.quantum = 16}},
         700,
         false,
         Keys::nanoseconds});
    made.push_back({"T{<d:time:<f:x:4x}",
                    {.history = 30,
                     .timestamp = Timestamp::field("time"),
                     .buckets = BucketOptions{.quantum = 50'000'000}},
                    300,
                    false,
                    Keys::seconds});
    // Lossless streams.
    made.push_back(
        {"<Q", {.history = 60, .lossless = LosslessOptions{.when_full = WhenFull::drop}}, 300, false});
    // Streams of records, with a ring of bytes beside the items.
    made.push_back({format_of<RecordEntry>(),
                    {.history = 60, .records = RecordOptions{.history_bytes = 8000, .max_record_bytes = 500}},
                    900,
                    false});
    made.push_back({format_of<RecordEntry>(),
                    {.history = 30,
                     .ledger = LedgerOptions{},
                     .records = RecordOptions{.history_bytes = 8000, .max_record_bytes = 1000},
                     .lossless = LosslessOptions{.when_full = WhenFull::drop}},
                    200,
                    false,
                    Keys::stamps});
    return made;
  }();
  return all;
}

StreamBytes leave(RawWriter& out, const std::string& name, const std::string& format, bool ended) {
  ended ? out.close() : out.detach();
  StreamBytes files{format, read_file(directory() / (name + ".stream")),
                    read_file(directory() / (name + ".control"))};
  clear_directory();
  if (files.stream.empty() || files.control.empty()) give_up("no stream was left to begin with");
  return files;
}

StreamBytes make(const std::string& name, const std::string& format, const StreamOptions& options,
                 const std::function<void(RawWriter&)>& write, bool ended) {
  static_cast<void>(directory());
  RawWriter out(name, format, options);
  write(out);
  return leave(out, name, format, ended);
}

StreamBytes make(const Kind& kind) {
  const auto write = [&](RawWriter& out) { fill(out, kind); };
  if (!kind.options.records) return make("left", kind.format, kind.options, write, kind.ended);
  static_cast<void>(directory());
  RecordWriter out("left", kind.options);
  fill_records(out, kind);
  return leave(out.raw(), "left", kind.format, kind.ended);
}

CaptureMark mark(Index index, std::uint64_t frames, std::int64_t time_ns, CaptureMark::Kind kind) {
  return {index, frames, time_ns, kind, CaptureMark::Reason::overrun};
}

}  // namespace

const fs::path& directory() {
  static const PrivateDirectory made;
  return made.path();
}

std::size_t left_streams() { return kinds().size(); }

const StreamBytes& left_stream(std::size_t which) {
  static const std::vector<StreamBytes> all = [] {
    std::vector<StreamBytes> made;
    for (const Kind& kind : kinds()) {
      made.push_back(make(kind));
    }
    return made;
  }();
  return all.at(which);
}

const StreamOptions& left_options(std::size_t which) { return kinds().at(which).options; }

const StreamBytes& left_sound() { return left_stream(4); }

const StreamBytes& left_marks() {
  static const StreamBytes made = make(
      "left", format_of<CaptureMark>(),
      {.history = 64, .timestamp = Timestamp::field("time_ns"), .persistent = true},
      [](RawWriter& out) {
        const std::array<CaptureMark, 5> marks{mark(0, 480, 1'000'000'000, CaptureMark::Kind::start),
                                               mark(480, 240, 1'010'000'000, CaptureMark::Kind::block),
                                               mark(720, 100, 1'015'000'000, CaptureMark::Kind::gap),
                                               mark(820, 180, 1'017'000'000, CaptureMark::Kind::block),
                                               mark(1000, 0, 1'021'000'000, CaptureMark::Kind::start)};
        out.append(std::as_bytes(std::span(marks)));
      },
      false);
  return made;
}

void put_file(const std::string& name, std::string_view bytes, std::uint64_t size) {
  const std::string path = directory() / name;
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) give_up(path);
  if (::write(fd, bytes.data(), bytes.size()) != static_cast<::ssize_t>(bytes.size())) give_up(path);
  // If the file system does not support the size, then the file is not made.
  if (size > 0 && ::ftruncate(fd, static_cast<::off_t>(size)) != 0) static_cast<void>(::ftruncate(fd, 0));
  ::close(fd);
}

void put_stream(const std::string& name, const StreamBytes& files, std::uint64_t stream_size) {
  put_file(name + ".stream", files.stream, stream_size);
  put_file(name + ".control", files.control);
}

void clear_directory() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory(), ignored))
    fs::remove_all(entry.path(), ignored);
}

}  // namespace shm::fuzz
