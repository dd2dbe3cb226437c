// SPDX-License-Identifier: Apache-2.0
#include "common/json.hpp"

#include <nlohmann/json.hpp>

namespace shm::programs {

std::string json_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace shm::programs
