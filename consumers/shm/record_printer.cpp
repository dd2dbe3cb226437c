// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/record_printer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "consumers/shm/base64.hpp"
#include "consumers/shm/quote.hpp"

namespace shm::programs {
namespace {

constexpr std::size_t piece_bytes = std::size_t{48} << 10;  // a multiple of three, for base64

template <class Append>
void print_in_pieces(std::string_view text, Output& out, Append append) {
  while (!text.empty()) {
    const std::string_view piece = first_piece(text, piece_bytes);
    append(out.buffer(), piece);
    out.flush_if_large();
    text.remove_prefix(piece.size());
  }
}

void append_plain(Output::Buffer& out, std::string_view text) {
  out.append(text.data(), text.data() + text.size());
}

void print_text(std::string_view text, Output& out) {
  const std::string_view line = text.ends_with('\n') ? text.substr(0, text.size() - 1) : text;
  if (is_plain_line(line) && !line.starts_with('"')) {
    return print_in_pieces(line, out, append_plain);
  }
  out.append("\"");
  print_in_pieces(text, out, append_quoted_characters);
  out.append("\"");
}

/// The text of a record without the end of its last line.
std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(text.ends_with("\r\n") ? 2 : 1);
  return text;
}

/// As print_text, except that line breaks are plain text: a field may have several lines. Quotes around an
/// empty text distinguish an empty record from an empty field.
void print_csv(std::string_view record, Output& out) {
  const std::string_view text = without_line_end(record);
  const bool is_text = is_plain_text(text) && !text.starts_with('"');
  if (is_text && !text.empty() && !needs_csv_quotes(text)) return print_in_pieces(text, out, append_plain);
  out.append("\"");
  if (is_text) {
    print_in_pieces(text, out, append_csv_characters);
  } else {
    out.append("\"\"");
    print_in_pieces(record, out, [](Output::Buffer& to, std::string_view piece) {
      Output::Buffer quoted;
      append_quoted_characters(quoted, piece);
      append_csv_characters(to, {quoted.data(), quoted.size()});
    });
    out.append("\"\"");
  }
  out.append("\"");
}

void print_json(const shm::Record& record, std::optional<std::int64_t> time, Output& out) {
  fmt::format_to(fmt::appender(out.buffer()), "{{\"index\":{},", record.index);
  if (time) fmt::format_to(fmt::appender(out.buffer()), "\"time\":{},", *time);
  if (is_utf8(record.text())) {
    out.append("\"text\":\"");
    print_in_pieces(record.text(), out, append_json_characters);
  } else {
    out.append("\"base64\":\"");
    for (std::span<const std::byte> left(record.bytes); !left.empty();) {
      const auto piece = left.first(std::min(left.size(), piece_bytes));
      append_base64(out.buffer(), piece);
      out.flush_if_large();
      left = left.subspan(piece.size());
    }
  }
  out.append("\"}");
}

}  // namespace

void print_hex(std::span<const std::byte> bytes, Output& out) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    out.buffer().push_back(digits[value >> 4U]);
    out.buffer().push_back(digits[value & 0xfU]);
    out.flush_if_large();
  }
}

void print_record(const shm::Record& record, std::optional<std::int64_t> time, PrintRecordAs as,
                  Output& out) {
  switch (as) {
    case PrintRecordAs::text:
      return print_text(record.text(), out);
    case PrintRecordAs::csv:
      return print_csv(record.text(), out);
    case PrintRecordAs::json:
      return print_json(record, time, out);
    case PrintRecordAs::hex:
      return print_hex(record.bytes, out);
  }
}

}  // namespace shm::programs
