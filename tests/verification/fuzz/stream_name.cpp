// SPDX-License-Identifier: Apache-2.0

// Fuzz target: names of streams, of directories and of readers, from a command line. Nothing outside of the directory
// is created, read or removed.
#include <array>

#include "shm/audio/audio.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/raw_writer.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

namespace fs = std::filesystem;
using namespace shm;
using namespace shm::fuzz;

/// Checks that all files lie below the directory of streams, which is the only entry of the directory around it.
void check_places(const fs::path& around) {
  std::size_t outside = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(around)) ++outside;
  SHM_FUZZ_CHECK(outside == 1);
}

void use(const std::string& name, const std::string& reader_name, const std::string& in) {
  RawWriter out(name, "<i", {.history = 1, .prefault = false, .directory = in});
  const auto names = list_streams(in);
  SHM_FUZZ_CHECK(names.size() == 1 && names.front() == name);
  const RawReader reader(name, Start::next(), {.name = reader_name, .directory = in});
  if (reader.is_listed()) {
    SHM_FUZZ_CHECK(reader_name.starts_with(stream_readers(name, in).front().name));
  }
  SHM_FUZZ_CHECK(stream_info(name, in).name == name);
  remove_stream(name, true, in);
  out.close();
  SHM_FUZZ_CHECK(list_streams(in).empty());
}

}  // namespace

SHM_FUZZ_TARGET(stream_name) {
  const std::string reader_name = input.text();
  const std::string name = input.rest();
  const std::string in = directory() / "streams";
  fs::create_directory(in);
  try {
    use(name, reader_name, in);
  } catch (const InvalidArgument&) {  // no name
  }
  for (const std::string& other : {name, marks_name(name)}) {
    attempt([&] { static_cast<void>(stream_info(other, in)); });
    attempt([&] { static_cast<void>(stream_readers(other, in)); });
    attempt([&] { remove_stream(other, false, in); });
    attempt([&] { const RawReader reader(other, Start::next(), {.directory = in}); });
  }
  check_places(directory());
  clear_directory();
}
