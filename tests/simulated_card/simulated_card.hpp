// SPDX-License-Identifier: Apache-2.0

// SimulatedCard: a simulated sound card for a test, with its files in a directory of the test's.
//
//     SimulatedCard card(directory, "/usr/share/sounds/alsa/Front_Center.wav");
//     run({"arecord", "-D", card.pcm_name(), ...}, {"ALSA_CONFIG_PATH=" + card.config_path().string()});
//     card.fault_stall(std::chrono::milliseconds(200));
//     for (const auto& line : card.truth()) ...              // README.md gives the lines
//
// To open it in the test's own process: setenv ALSA_CONFIG_PATH, and snd_config_update_free_global() if
// another configuration was loaded before. The directory stays when the object goes. One thread at a time.
// Throws std::system_error, std::runtime_error.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "simulated_card/card_config.hpp"
#include "simulated_card/card_state.hpp"

namespace simulated_card {

/// The plugin of this build.
[[nodiscard]] std::filesystem::path built_plugin();

class SimulatedCard {
 public:
  /// Creates `directory`/state and `directory`/asound.conf. `config` may have name, rate, channels, format
  /// and epoch; the constructor sets the rest.
  SimulatedCard(const std::filesystem::path& directory, const std::filesystem::path& recording,
                CardConfig config = {});

  [[nodiscard]] const std::filesystem::path& config_path() const { return config_path_; }
  [[nodiscard]] const std::filesystem::path& state_path() const { return config_.state; }
  [[nodiscard]] const std::string& pcm_name() const { return config_.name; }

  void fault_overrun(std::int64_t frames = 0);
  void fault_suspend(std::chrono::milliseconds duration, bool can_resume = true);
  void fault_unplug(std::chrono::milliseconds duration);
  void fault_stall(std::chrono::milliseconds duration);

  /// The truth log so far.
  [[nodiscard]] std::vector<nlohmann::ordered_json> truth() const;
  /// The range that is being handed to a program now: not yet in the log.
  [[nodiscard]] Progress progress() const { return state_.progress(); }
  /// 0 before the first open.
  [[nodiscard]] std::int64_t epoch_ns() const { return state_.epoch_ns(); }

 private:
  CardConfig config_;
  std::filesystem::path config_path_;
  CardState state_;
};

}  // namespace simulated_card
