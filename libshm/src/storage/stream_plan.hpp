// SPDX-License-Identifier: Apache-2.0

// StreamPlan: the options of a new stream, checked and worked out. It knows nothing of an existing stream;
// storage/stream_fields.hpp writes it into a file and compares it with one.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "shm/format/item_format.hpp"
#include "shm/ring/geometry.hpp"
#include "shm/storage/stream_options.hpp"

namespace shm::storage {

struct StreamPlan {
  /// @throws InvalidArgument.
  StreamPlan(std::string_view format_text, StreamOptions wanted);

  ItemFormat format;
  StreamOptions options;
  ring::Geometry geometry;  ///< of the items
  std::optional<ring::Geometry> ledger;
  std::optional<ring::Geometry> buckets;
  std::optional<ring::Geometry> bytes;  ///< of records
  std::uint32_t timestamp_offset = 0;
  std::uint32_t timestamp_bytes = 0;

 private:
  void check_texts_and_rates() const;
  void check_modes() const;
  void plan_timestamp();
  void plan_ledger();
  void plan_buckets();
  void plan_records();
};

}  // namespace shm::storage
