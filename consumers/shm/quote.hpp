// SPDX-License-Identifier: Apache-2.0

// Texts of any bytes as JSON strings, as quoted strings for people, and as fields of CSV.
#pragma once

#include <cstddef>
#include <string_view>

#include "common/output.hpp"

namespace shm::programs {

/// A valid JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(Output::Buffer& out, std::string_view text);

/// "like this"; control characters and bytes that are not UTF-8 as \n, \t, \xNN.
void append_quoted(Output::Buffer& out, std::string_view text);

/// The same without the quotes: a piece of a longer text, which first_piece() cut.
void append_json_characters(Output::Buffer& out, std::string_view text);
void append_quoted_characters(Output::Buffer& out, std::string_view text);

/// A field of a CSV file (RFC 4180): in quotes where it must be.
void append_csv(Output::Buffer& out, std::string_view text);
[[nodiscard]] bool needs_csv_quotes(std::string_view text);
/// The text between these quotes: a piece of a longer text.
void append_csv_characters(Output::Buffer& out, std::string_view text);

/// At most so many bytes of the text, cut between two characters where it is UTF-8. REQUIRES: most >= 4.
[[nodiscard]] std::string_view first_piece(std::string_view text, std::size_t most);

[[nodiscard]] bool is_utf8(std::string_view text);
/// Is it UTF-8 that a terminal shows on one line as it is: no control characters but tabs?
[[nodiscard]] bool is_plain_line(std::string_view text);
/// The same of any number of lines, which end with \n or \r\n.
[[nodiscard]] bool is_plain_text(std::string_view text);

}  // namespace shm::programs
