// SPDX-License-Identifier: Apache-2.0

// A format text, taken apart, for tools that read streams of any item type.
//
//   const shm::ItemFormat parsed("T{<q:time:<d:bid:<d:ask:}");
//   for (const shm::FormatField& field : parsed.root().fields) use(field.name, field.offset);
//   bool is_same = parsed == shm::ItemFormat("T{<qq:x:}");
//
// The text of a C++ type is shm::format_of<T>() (shm/format/format_of.hpp). The objects are plain values: any
// thread may use one. Only the constructor throws: InvalidArgument.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "shm/base/export.hpp"
#include "shm/format/format_of.hpp"

namespace shm {

/// One element of a parsed format.
struct SHM_API FormatField {
  std::string name;                 ///< empty for unnamed elements
  char type = 0;                    ///< PEP 3118 letter: ? b B h H i I q Q f d s, or 'T' for a struct
  std::size_t offset = 0;           ///< bytes from the start of the enclosing struct or item
  std::size_t element_bytes = 0;    ///< size of one element (of a struct: all of it; of 's': the whole text)
  std::vector<std::size_t> shape;   ///< empty: a scalar
  std::vector<FormatField> fields;  ///< of a struct

  [[nodiscard]] std::size_t count() const noexcept;  ///< product of the shape
  [[nodiscard]] std::size_t bytes() const noexcept { return element_bytes * count(); }
  friend bool operator==(const FormatField&, const FormatField&) = default;
};

/// A format text, parsed. Two formats are equal when items of one can be read as items of the other: same
/// types, offsets, shapes and names, however the text is spelled.
class SHM_API ItemFormat {
 public:
  /// @throws InvalidArgument  the text is not a format, or uses a type without a fixed little-endian layout.
  explicit ItemFormat(std::string_view text);

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t item_bytes() const noexcept { return root_.bytes(); }
  [[nodiscard]] const FormatField& root() const noexcept { return root_; }
  friend bool operator==(const ItemFormat& a, const ItemFormat& b) { return a.root_ == b.root_; }

 private:
  std::string text_;
  FormatField root_;
};

}  // namespace shm
