// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/records.hpp"

#include <cstdint>

#include "shm/base/error.hpp"

namespace shm::programs {

std::optional<shm::RecordReader> attach_records(const shm::RawReader& reader,
                                                const StreamArguments& arguments, const std::string& name) {
  if (!reader.info().records) return std::nullopt;
  return shm::RecordReader(arguments.stream, shm::Start::next(), reader_options(arguments, name));
}

bool copy_record(shm::RecordReader& records, shm::Index index, shm::Record& record) {
  record = {};
  try {
    record = records.record(static_cast<std::int64_t>(index));
    return true;
  } catch (const shm::OverlapsPast&) {
    return false;
  }
}

}  // namespace shm::programs
