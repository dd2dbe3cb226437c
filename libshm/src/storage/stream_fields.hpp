// SPDX-License-Identifier: Apache-2.0

// The header of NAME.stream as one table: a row for each field. A row writes its field into a new stream, says
// whether a new writer must find the same value to go on with an existing stream, and puts it into StreamInfo.
// What an option of a stream needs is its member in StreamOptions, its field in the header, and its row in
// stream_fields.cpp; a byte of the header that has no row does not compile.
#pragma once

#include <string>

#include "os/file.hpp"
#include "shm/storage/stream_info.hpp"
#include "storage/stream_file.hpp"
#include "storage/stream_plan.hpp"

namespace shm::storage {

[[nodiscard]] bool same_item_type(const StreamPlan& plan, const StreamFile& existing);

/// Can a writer with this plan go on with the existing stream as it is?
[[nodiscard]] bool fits(const StreamPlan& plan, const StreamFile& existing);

/// Allocates a new file that has no name yet, and writes header and texts into it. The live state stays zero.
/// @throws NoSpace, SystemError.
void write_stream(const StreamPlan& plan, os::File& file);

[[nodiscard]] StreamInfo describe(const StreamFile& stream, std::string name);

}  // namespace shm::storage
