// SPDX-License-Identifier: Apache-2.0

// Fuzz target: the bytes of a stream change under a reader that is attached and reads, as far as a writer or other
// readers may change them. The input gives the changes and their times. The file keeps its size, since a process that
// may shorten it can kill its readers in any case (docs/security.md).
#include "shm/layout/stream_layout.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/record_script.hpp"
#include "verification/fuzz/support/shared_file.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

/// Changes the header, too. No writer changes it, and readers checked it when they attached.
void change_something(const SharedFile& stream, const SharedFile& control, Input& input) {
  switch (input.below(8)) {
    case 0:
      return damage_control(control.bytes(), control.size(), input);
    case 1: {
      const std::size_t at = input.number<std::uint16_t>() % layout::page_bytes;
      const std::string text = input.text();
      std::copy(text.begin(), text.end(), stream.bytes() + at);
      return;
    }
    default:
      return damage_live(stream.bytes(), stream.size(), input);
  }
}

}  // namespace

SHM_FUZZ_TARGET(under_reader) {
  const std::size_t which = input.below(left_streams());
  put_stream(stream_name, left_stream(which));
  {
    const SharedFile stream(directory() / (std::string(stream_name) + ".stream"));
    const SharedFile control(directory() / (std::string(stream_name) + ".control"));
    const Meanwhile meanwhile = [&] {
      if (input.byte() % 4 != 0) change_something(stream, control, input);
    };
    if (left_options(which).records && input.flag()) {
      read_records(input, meanwhile);
    } else if (std::optional<RawReader> reader = attach(input)) {
      for (int calls = 0; calls < 64 && !input.empty(); ++calls) {
        meanwhile();
        read_something(*reader, input, meanwhile);
      }
    }
  }
  clear_directory();
}
