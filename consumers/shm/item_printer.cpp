// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/item_printer.hpp"

#include <fmt/compile.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "common/text.hpp"
#include "consumers/shm/numbers.hpp"
#include "consumers/shm/quote.hpp"

namespace shm::programs {
ItemPrinter::ItemPrinter(const shm::ItemFormat& format, PrintAs as)
    : json_(as == PrintAs::json), root_(make_node(format.root(), 0)) {}

ItemPrinter::Node ItemPrinter::make_node(const shm::FormatField& field, std::size_t position) const {
  Node node;
  node.type = field.type;
  node.offset = field.offset;
  node.element_bytes = field.element_bytes;
  node.shape = field.shape;
  node.strides.resize(field.shape.size());
  std::size_t stride = field.element_bytes;
  for (std::size_t i = field.shape.size(); i-- > 0;) {
    node.strides[i] = stride;
    stride *= field.shape[i];
  }
  if (json_) {
    Output::Buffer key;
    append_json_string(key, field.name.empty() ? "f" + std::to_string(position) : field.name);
    node.key = fmt::to_string(key) + ":";
  } else if (!field.name.empty()) {
    node.key = printable(field.name) + "=";
  }
  for (std::size_t i = 0; i < field.fields.size(); ++i) node.fields.push_back(make_node(field.fields[i], i));
  return node;
}

void ItemPrinter::print(std::span<const std::byte> item, Output& out) const {
  // The outer braces of an item give a person no information.
  if (!json_ && root_.type == 'T' && root_.shape.empty()) return print_struct(root_, item.data(), out);
  print_dimension(root_, 0, item.data(), out);
}

void ItemPrinter::print_dimension(const Node& node, std::size_t dimension, const std::byte* at,
                                  Output& out) const {
  if (dimension == node.shape.size()) return print_element(node, at, out);
  out.buffer().push_back('[');
  for (std::size_t i = 0; i < node.shape[dimension]; ++i) {
    if (i > 0) out.buffer().push_back(json_ ? ',' : ' ');
    print_dimension(node, dimension + 1, at + i * node.strides[dimension], out);
    out.flush_if_large();
  }
  out.buffer().push_back(']');
}

template <class T>
void ItemPrinter::print_number(T value, Output& out) const {
  if constexpr (std::is_floating_point_v<T>) {
    if (json_ && !std::isfinite(value)) return out.append("null");
    fmt::format_to(fmt::appender(out.buffer()), FMT_COMPILE("{}"), value);
  } else {
    const fmt::format_int digits(value);
    out.append({digits.data(), digits.size()});
  }
}

void ItemPrinter::print_element(const Node& node, const std::byte* at, Output& out) const {
  const bool is_number = with_number(node.type, at, [&](auto number) { print_number(number, out); });
  if (is_number) return;
  switch (node.type) {
    case '?':
      return out.append(load_number<std::uint8_t>(at) != 0 ? "true" : "false");
    case 'T':
      out.buffer().push_back('{');
      print_struct(node, at, out);
      return out.buffer().push_back('}');
    default:  // 's' and 'c'
      return print_text(node, at, out);
  }
}

void ItemPrinter::print_struct(const Node& node, const std::byte* at, Output& out) const {
  bool first = true;
  for (const Node& field : node.fields) {
    if (!first) out.buffer().push_back(json_ ? ',' : ' ');
    first = false;
    out.append(field.key);
    print_dimension(field, 0, at + field.offset, out);
    out.flush_if_large();
  }
}

void ItemPrinter::print_text(const Node& node, const std::byte* at, Output& out) const {
  const auto* text = reinterpret_cast<const char*>(at);
  const std::string_view until_zero(text, ::strnlen(text, node.element_bytes));
  return json_ ? append_json_string(out.buffer(), until_zero) : append_quoted(out.buffer(), until_zero);
}

}  // namespace shm::programs
