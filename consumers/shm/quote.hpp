// Texts of any bytes as JSON strings, and as quoted strings for people.
#pragma once

#include <string_view>

#include "consumers/common/output.hpp"

namespace shm::consumers {

/// A valid JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(Output::Buffer& out, std::string_view text);

/// "like this"; control characters and bytes that are not UTF-8 as \n, \t, \xNN.
void append_quoted(Output::Buffer& out, std::string_view text);

}  // namespace shm::consumers
