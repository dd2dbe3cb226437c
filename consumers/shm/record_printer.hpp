// SPDX-License-Identifier: Apache-2.0

// Records as text: for people, as a field of CSV, as JSON, or as digits.
//
//   bytes                text              CSV                     JSON
//   21.5                 21.5              21.5                    {"index":7,"text":"21.5"}
//   a line, its newline  a line            a line                  {"index":7,"text":"a line\n"}
//   two\nlines           "two\nlines"      "two[line break]lines"  {"index":7,"text":"two\nlines"}
//   ff d8 41             "\xff\xd8A"       """\xff\xd8A"""         {"index":7,"base64":"/9hB"}
//
// In digits, the last one is ffd841.
//
// Each record is one line. A plain text (UTF-8 without control characters, except for a newline at its end)
// is printed as it is. Any other text is quoted, and so is a line that begins with a quote. In CSV line
// breaks are plain, too, and a quoted text has its quotes within those of the field: a CSV parser finds them
// at its ends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "common/output.hpp"
#include "shm/stream/record_reader.hpp"

namespace shm::programs {

enum class PrintRecordAs { text, csv, json, hex };

/// Appends the record, without an end of line. Large ones are flushed in pieces. `time` is its key, if it has
/// one; only JSON shows it. @throws as Output::flush().
void print_record(const shm::Record& record, std::optional<std::int64_t> time, PrintRecordAs as, Output& out);

/// Two digits for each byte.
void print_hex(std::span<const std::byte> bytes, Output& out);

}  // namespace shm::programs
