// SPDX-License-Identifier: Apache-2.0

// TruthLog: the true events of the card, one JSON object a line, appended; README.md lists the lines.
//
//     TruthLog log(directory);
//     log.append({{"event", "stop"}, {"run", 3}});          // "ns" and "pid" are added
//     for (const nlohmann::ordered_json& line : read_truth(directory)) ...
//
// One write() a line to a file opened with O_APPEND: a line is complete before the card goes on, so a SIGKILL
// loses no logged event.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "simulated_card/card_state.hpp"

namespace simulated_card {

class TruthLog {
 public:
  /// Creates the file where it is missing. Throws std::system_error.
  explicit TruthLog(const std::filesystem::path& directory);

  /// Throws std::system_error.
  void append(const nlohmann::ordered_json& line);

 private:
  FileDescriptor fd_;
};

[[nodiscard]] std::filesystem::path truth_path(const std::filesystem::path& directory);

/// The lines so far; empty if there is no log. Throws nlohmann::json::parse_error on a line that is not JSON.
[[nodiscard]] std::vector<nlohmann::ordered_json> read_truth(const std::filesystem::path& directory);

}  // namespace simulated_card
