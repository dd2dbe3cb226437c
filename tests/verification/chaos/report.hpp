// SPDX-License-Identifier: Apache-2.0

// The results of a run, as text and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "arena.hpp"
#include "board.hpp"
#include "director.hpp"

namespace shm::chaos {

[[nodiscard]] std::string text_report(const Plan& plan, const Board& board, const Director& director,
                                      const Arena& arena);
[[nodiscard]] nlohmann::ordered_json json_report(const Plan& plan, const Board& board,
                                                 const Director& director, const Arena& arena);

}  // namespace shm::chaos
