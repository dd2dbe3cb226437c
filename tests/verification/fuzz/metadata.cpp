// SPDX-License-Identifier: Apache-2.0

// Fuzz target: metadata, the JSON text in a stream's file, or any other text in its place.
#include <nlohmann/json.hpp>

#include "common/json.hpp"
#include "consumers/shm/describe.hpp"
#include "shm/audio/audio.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/raw_writer.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

/// Shows the text as programs do.
void show(const StreamInfo& info) {
  if (const auto audio = audio_format(info)) {
    SHM_FUZZ_CHECK(audio->frame_bytes() == info.items.item_bytes);
    SHM_FUZZ_CHECK(nlohmann::json::accept(audio_metadata(*audio)));
  }
  const std::string line = programs::json_line({{"metadata", programs::metadata_json(info.metadata)}});
  SHM_FUZZ_CHECK(nlohmann::json::accept(line));
  static_cast<void>(programs::metadata_json(info.metadata)
                        .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void make_stream(const StreamInfo& info) {
  try {
    RawWriter out(
        stream_name, info.items.format,
        {.history = 1, .metadata = info.metadata, .unit = "V", .sample_rate = 8000, .prefault = false});
    SHM_FUZZ_CHECK(stream_info(stream_name).metadata == info.metadata);
  } catch (const InvalidArgument&) {  // not JSON, or too long
  }
}

}  // namespace

SHM_FUZZ_TARGET(metadata) {
  static_cast<void>(directory());
  StreamInfo info;
  const std::uint8_t choice = input.byte();
  info.items.format =
      frame_format({.sample = SampleFormat::S16_LE, .channels = 1U + (choice & 3U), .device = {}});
  info.items.item_bytes = 2 * (1 + (choice & 3U));
  info.items.sample_rate = 8000;
  info.metadata = unrolled(input.rest());
  show(info);
  if ((choice & 4U) != 0) make_stream(info);
}
