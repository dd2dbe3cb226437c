// SPDX-License-Identifier: Apache-2.0

// Streams in a private directory of this process, in shared memory, which LIBSHM_DIR names and which is removed at
// exit; and the bytes of streams that a writer left, for targets to damage.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "shm/storage/stream_options.hpp"
#include "verification/fuzz/support/input.hpp"

namespace shm::fuzz {

/// Returns the directory; the first call makes it.
[[nodiscard]] const std::filesystem::path& directory();

/// The name of the stream that targets work on.
inline constexpr const char* stream_name = "s";

/// The files of a stream, as bytes.
struct StreamBytes {
  std::string format;
  std::string stream;
  std::string control;
};

/// Returns the number of different streams: small and large items, one item per page and many, a struct with a time,
/// text, sound, marks; with a ledger, with buckets, with keys in the items; live, ended and persistent. A new kind of
/// ring is one more entry of the table in private_streams.cpp.
[[nodiscard]] std::size_t left_streams();
/// Returns the files of one of them. REQUIRES: which < left_streams().
[[nodiscard]] const StreamBytes& left_stream(std::size_t which);
/// Returns the options of its writer.
[[nodiscard]] const StreamOptions& left_options(std::size_t which);
/// Returns one of them that is sound, 16-bit stereo, and the marks beside it.
[[nodiscard]] const StreamBytes& left_sound();
[[nodiscard]] const StreamBytes& left_marks();

/// Changes bytes of the stream's header, live state and texts, and of the control file, as the input gives: fields
/// set to numbers that break things, the ring cut anew, bytes overwritten anywhere. Returns the new size of the
/// stream's file, which is a hole behind the bytes.
std::uint64_t damage(StreamBytes& files, Input& input);
/// Makes one change to the live part of a mapped stream file: state, counters, wake words, texts, items.
void damage_live(char* stream, std::size_t bytes, Input& input);
/// Makes one change to a mapped control file.
void damage_control(char* control, std::size_t bytes, Input& input);

/// Puts a file into the directory, in place of an existing file; `size` beyond the bytes is a hole.
void put_file(const std::string& name, std::string_view bytes, std::uint64_t size = 0);
/// Puts both files of a stream into the directory.
void put_stream(const std::string& name, const StreamBytes& files, std::uint64_t stream_size = 0);
/// Empties the directory.
void clear_directory();

}  // namespace shm::fuzz
