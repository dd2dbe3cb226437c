// SPDX-License-Identifier: Apache-2.0

// Streams of records, for programs that read streams of any kind. They attach as to a stream of items, and
// then look for its records.
#pragma once

#include <optional>
#include <string>

#include "common/options.hpp"
#include "shm/stream/raw_reader.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {

/// A second attachment, at the next record, to the stream that `reader` found by its name. Empty: it holds
/// items. @throws as RecordReader (another stream may have the name by now).
[[nodiscard]] std::optional<shm::RecordReader> attach_records(const shm::RawReader& reader,
                                                              const StreamArguments& arguments,
                                                              const std::string& name);

/// Copies a record that was readable. False: it is overwritten. The old contents of `record` are freed first,
/// so that no more than one record is in memory. @throws BadStream  its entry is damaged.
[[nodiscard]] bool copy_record(shm::RecordReader& records, shm::Index index, shm::Record& record);

}  // namespace shm::programs
