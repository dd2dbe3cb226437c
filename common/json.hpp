// SPDX-License-Identifier: Apache-2.0

// JSON that programs print. Headers include only this: nlohmann/json.hpp itself takes seconds to compile. It
// belongs into the .cpp files that build such objects.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace shm::programs {

using Json = nlohmann::ordered_json;

/// One line of JSON, with its newline. Bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string json_line(const Json& json);

}  // namespace shm::programs
