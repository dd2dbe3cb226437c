// SPDX-License-Identifier: Apache-2.0

// The ALSA configuration that makes a simulated card of a recording.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace simulated_card {

struct CardConfig {
  std::filesystem::path plugin = {};  ///< simulated_card.so
  std::filesystem::path recording = {};
  std::filesystem::path state = {};  ///< directory for control and truth; made by the first open
  std::string name = "sim";          ///< of the pcm
  unsigned rate = 0;                 ///< 0: the recording's own
  unsigned channels = 0;             ///< 0: the recording's own
  std::string format = {};           ///< empty: the recording's own
  std::optional<std::int64_t> epoch_ns = {};
};

/// A whole configuration, for ALSA_CONFIG_PATH. Paths are made absolute, since alsa-lib looks for relative
/// ones elsewhere. Throws std::invalid_argument if the name is not letters, digits, '_' and '-'.
[[nodiscard]] std::string alsa_config(const CardConfig& config);

}  // namespace simulated_card
