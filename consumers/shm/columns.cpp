// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/columns.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <cstdint>
#include <cstring>

#include "common/text.hpp"
#include "consumers/shm/numbers.hpp"
#include "consumers/shm/quote.hpp"
#include "shm/base/error.hpp"

namespace shm::programs {

Columns::Columns(const std::string& stream, const shm::ItemFormat& format) {
  add(format.root(), 0, stream, stream);
}

void Columns::add(const shm::FormatField& field, std::size_t base, const std::string& name,
                  const std::string& stream) {
  std::vector<std::size_t> place(field.shape.size(), 0);
  const std::size_t count = field.count();
  for (std::size_t i = 0; i < count; ++i) {
    std::string element = name;
    std::size_t rest = i;
    for (std::size_t d = place.size(); d-- > 0; rest /= field.shape[d]) place[d] = rest % field.shape[d];
    for (const std::size_t at : place) element += fmt::format("[{}]", at);
    add_element(field, base + i * field.element_bytes, element, stream);
  }
}

void Columns::add_element(const shm::FormatField& field, std::size_t base, const std::string& name,
                          const std::string& stream) {
  if (field.type != 'T') {
    if (columns_.size() == most_columns) {
      throw shm::InvalidArgument(
          fmt::format("stream '{}': its items have more than {} values; a table of so many "
                      "columns is of no use",
                      stream, most_columns));
    }
    columns_.push_back({name, field.type, base, field.element_bytes});
    return;
  }
  for (std::size_t i = 0; i < field.fields.size(); ++i) {
    const shm::FormatField& inner = field.fields[i];
    const std::string part = inner.name.empty() ? fmt::format("f{}", i) : printable(inner.name);
    add(inner, base + inner.offset, fmt::format("{}.{}", name, part), stream);
  }
}

void Columns::print_names(Output& out) const {
  for (const Column& column : columns_) {
    out.buffer().push_back(',');
    append_csv(out.buffer(), column.name);
  }
}

void Columns::print(std::span<const std::byte> item, Output& out) const { print_between(item, item, 0, out); }

void Columns::print_between(std::span<const std::byte> a, std::span<const std::byte> b, double way,
                            Output& out) const {
  for (const Column& column : columns_) {
    out.buffer().push_back(',');
    const std::byte* const at = a.data() + column.offset;
    const bool is_number = with_number(column.type, at, [&](auto first) {
      const auto second = load_number<decltype(first)>(b.data() + column.offset);
      if (way == 0 || first == second) {
        fmt::format_to(fmt::appender(out.buffer()), FMT_COMPILE("{}"), first);
      } else {
        const auto from = static_cast<double>(first);
        fmt::format_to(fmt::appender(out.buffer()), FMT_COMPILE("{}"),
                       from + (static_cast<double>(second) - from) * way);
      }
    });
    if (is_number) continue;
    if (column.type == '?') {
      out.append(load_number<std::uint8_t>(at) != 0 ? "true" : "false");
    } else {
      const auto* const text = reinterpret_cast<const char*>(at);
      append_csv(out.buffer(), printable({text, ::strnlen(text, column.bytes)}));
    }
  }
}

void Columns::print_nothing(Output& out) const {
  for (std::size_t i = 0; i < columns_.size(); ++i) out.buffer().push_back(',');
}

}  // namespace shm::programs
