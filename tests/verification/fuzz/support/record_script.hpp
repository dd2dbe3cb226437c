// SPDX-License-Identifier: Apache-2.0

// Records, driven by an input: every function of their readers and writers. Entries may hold any numbers; all bytes
// that are read must lie within the ring of bytes.
#pragma once

#include "shm/stream/record_writer.hpp"
#include "verification/fuzz/support/input.hpp"
#include "verification/fuzz/support/reader_script.hpp"

namespace shm::fuzz {

/// Attaches to stream_name as a reader of records, and reads; does nothing if the stream is refused.
void read_records(Input& input, const Meanwhile& meanwhile);

/// Does one append, of bytes and a key from the input.
void append_record(RecordWriter& out, const StreamOptions& options, Input& input);

}  // namespace shm::fuzz
