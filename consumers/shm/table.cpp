// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/table.hpp"

#include <algorithm>

#include "common/text.hpp"

namespace shm::programs {
namespace {

void print_row(Output::Buffer& out, const std::vector<Column>& columns,
               const std::vector<std::size_t>& widths, const std::vector<std::string>& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const char* separator = i + 1 < row.size() ? "  " : "\n";
    if (columns[i].right) {
      fmt::format_to(fmt::appender(out), "{:>{}}{}", printable(row[i]), widths[i], separator);
    } else {
      fmt::format_to(fmt::appender(out), "{:<{}}{}", printable(row[i]), i + 1 < row.size() ? widths[i] : 0,
                     separator);
    }
  }
}

}  // namespace

void print_table(Output::Buffer& out, const std::vector<Column>& columns,
                 const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  std::vector<std::string> titles;
  for (const Column& column : columns) {
    titles.push_back(column.title);
    widths.push_back(column.title.size());
  }
  for (const std::vector<std::string>& row : rows) {
    // The last entry of a short row, such as a reason, does not widen its column.
    const std::size_t measured = row.size() < columns.size() && !row.empty() ? row.size() - 1 : row.size();
    for (std::size_t i = 0; i < measured; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  print_row(out, columns, widths, titles);
  for (const std::vector<std::string>& row : rows) print_row(out, columns, widths, row);
}

}  // namespace shm::programs
