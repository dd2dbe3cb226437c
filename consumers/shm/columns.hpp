// SPDX-License-Identifier: Apache-2.0

// Items of any format as the columns of a table: each number, text and truth value of an item is a column.
//
//   format                        columns of stream s
//   <d                            s
//   (2)<h                         s[0] s[1]
//   T{<q:time:(2)<f:xy:8s:id:}    s.time s.xy[0] s.xy[1] s.id
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/output.hpp"
#include "shm/format/item_format.hpp"

namespace shm::programs {

/// The most columns that a stream may have in a table.
inline constexpr std::size_t most_columns = 16384;

class Columns {
 public:
  /// @throws InvalidArgument  more than most_columns.
  Columns(const std::string& stream, const shm::ItemFormat& format);

  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }
  /// ",name" for each.
  void print_names(Output& out) const;
  /// ",value" for each.
  void print(std::span<const std::byte> item, Output& out) const;
  /// The same for a moment between two items, `way` (0 to 1) from the first to the second: numbers on the
  /// straight line between them, all other values as in the first.
  void print_between(std::span<const std::byte> a, std::span<const std::byte> b, double way,
                     Output& out) const;
  /// "," for each: there is no item.
  void print_nothing(Output& out) const;

 private:
  struct Column {
    std::string name;
    char type = 0;
    std::size_t offset = 0;
    std::size_t bytes = 0;
  };
  void add(const shm::FormatField& field, std::size_t base, const std::string& name,
           const std::string& stream);
  void add_element(const shm::FormatField& field, std::size_t base, const std::string& name,
                   const std::string& stream);

  std::vector<Column> columns_;
};

}  // namespace shm::programs
