// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/quote.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

namespace shm::programs {
namespace {

void put(Output::Buffer& out, std::string_view text) { out.append(text.data(), text.data() + text.size()); }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// Bytes of the UTF-8 character at the start of the text; 0 if there is no character. Overlong forms,
/// surrogates and numbers beyond U+10FFFF are not characters.
std::size_t character_bytes(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  std::size_t bytes = 0;
  if (first >= 0xc2 && first < 0xe0) bytes = 2;
  if (first >= 0xe0 && first < 0xf0) bytes = 3;
  if (first >= 0xf0 && first < 0xf5) bytes = 4;
  if (bytes == 0 || text.size() < bytes) return 0;
  for (std::size_t i = 1; i < bytes; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool refused = (first == 0xe0 && second < 0xa0) || (first == 0xed && second >= 0xa0) ||
                       (first == 0xf0 && second < 0x90) || (first == 0xf4 && second >= 0x90);
  return refused ? 0 : bytes;
}

void put_byte(Output::Buffer& out, std::string_view prefix, char byte) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto value = static_cast<unsigned char>(byte);
  put(out, prefix);
  out.push_back(digits[value >> 4U]);
  out.push_back(digits[value & 0xfU]);
}

/// Escapes that both forms share; false if the character needs no such escape.
bool put_escaped(Output::Buffer& out, char c) {
  switch (c) {
    case '"':
      return put(out, "\\\""), true;
    case '\\':
      return put(out, "\\\\"), true;
    case '\n':
      return put(out, "\\n"), true;
    case '\r':
      return put(out, "\\r"), true;
    case '\t':
      return put(out, "\\t"), true;
    default:
      return false;
  }
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

template <class PutControl, class PutOther>
void append(Output::Buffer& out, std::string_view text, PutControl put_control, PutOther put_other) {
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    if (bytes == 0) {
      put_other(text[0]);
    } else if (bytes > 1 || (!is_control(text[0]) && text[0] != '"' && text[0] != '\\')) {
      put(out, text.substr(0, bytes));
    } else if (!put_escaped(out, text[0])) {
      put_control(text[0]);
    }
    text.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

}  // namespace

void append_json_characters(Output::Buffer& out, std::string_view text) {
  append(
      out, text, [&](char c) { put_byte(out, "\\u00", c); }, [&](char) { put(out, "\xef\xbf\xbd"); });
}

void append_quoted_characters(Output::Buffer& out, std::string_view text) {
  const auto put_hex = [&](char c) { put_byte(out, "\\x", c); };
  append(out, text, put_hex, put_hex);
}

void append_json_string(Output::Buffer& out, std::string_view text) {
  out.push_back('"');
  append_json_characters(out, text);
  out.push_back('"');
}

void append_quoted(Output::Buffer& out, std::string_view text) {
  out.push_back('"');
  append_quoted_characters(out, text);
  out.push_back('"');
}

bool needs_csv_quotes(std::string_view text) {
  return text.find_first_of(",\"\r\n") != std::string_view::npos;
}

void append_csv_characters(Output::Buffer& out, std::string_view text) {
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
}

void append_csv(Output::Buffer& out, std::string_view text) {
  if (!needs_csv_quotes(text)) return put(out, text);
  out.push_back('"');
  append_csv_characters(out, text);
  out.push_back('"');
}

std::string_view first_piece(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > most - 4 && is_continuation(text[end])) --end;
  return text.substr(0, is_continuation(text[end]) ? most : end);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = character_bytes(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

bool is_plain_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; }) &&
         is_utf8(text);
}

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    const bool has_end = end != std::string_view::npos;
    if (has_end && line.ends_with('\r')) line.remove_suffix(1);
    if (!is_plain_line(line)) return false;
    text.remove_prefix(has_end ? end + 1 : text.size());
  }
  return true;
}

}  // namespace shm::programs
