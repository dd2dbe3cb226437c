// SPDX-License-Identifier: Apache-2.0

// Items of any format as text: for people, or as JSON.
//
//   format                        text                     JSON
//   <d                            20.5                     20.5
//   (2)<h                         [1 2]                    [1,2]
//   (2,2)<h                       [[1 2] [3 4]]            [[1,2],[3,4]]
//   T{<q:time:(2)<f:xy:8s:id:}    time=5 xy=[1 2] id="a"   {"time":5,"xy":[1,2],"id":"a"}
//
// A struct inside an item is {a=1 b=2} in text. Elements without a name are f0, f1, ... in JSON. Numbers that
// are not finite are null in JSON; texts end at their first zero. Numbers have the fewest digits that give
// the same number.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "common/output.hpp"
#include "shm/format/item_format.hpp"

namespace shm::programs {

enum class PrintAs { text, json };

class ItemPrinter {
 public:
  ItemPrinter(const shm::ItemFormat& format, PrintAs as);

  /// Appends the item, without an end of line. Large ones are flushed in pieces, so that no item's text,
  /// which may be many times the item, is ever held as a whole. REQUIRES: item.size() == format.item_bytes().
  /// @throws as Output::flush().
  void print(std::span<const std::byte> item, Output& out) const;

 private:
  /// A field, with the results that are costly to find out.
  struct Node {
    char type = 0;
    std::size_t offset = 0;
    std::size_t element_bytes = 0;
    std::vector<std::size_t> shape;
    std::vector<std::size_t> strides;  // bytes from one element of a dimension to the next
    std::string key;                   // with its quotes and colon, or equals sign
    std::vector<Node> fields;
  };

  [[nodiscard]] Node make_node(const shm::FormatField& field, std::size_t position) const;
  void print_dimension(const Node& node, std::size_t dimension, const std::byte* at, Output& out) const;
  void print_element(const Node& node, const std::byte* at, Output& out) const;
  void print_struct(const Node& node, const std::byte* at, Output& out) const;
  void print_text(const Node& node, const std::byte* at, Output& out) const;
  template <class T>
  void print_number(T value, Output& out) const;

  bool json_;
  Node root_;
};

}  // namespace shm::programs
