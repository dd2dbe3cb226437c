// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/simulated_card.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "simulated_card/truth_log.hpp"

namespace simulated_card {
namespace {

CardConfig completed(CardConfig config, const std::filesystem::path& directory,
                     const std::filesystem::path& recording) {
  config.plugin = built_plugin();
  config.recording = recording;
  config.state = directory / "state";
  return config;
}

}  // namespace

std::filesystem::path built_plugin() { return SIMULATED_CARD_PLUGIN; }

SimulatedCard::SimulatedCard(const std::filesystem::path& directory, const std::filesystem::path& recording,
                             CardConfig config)
    : config_(completed(std::move(config), directory, recording)),
      config_path_(directory / "asound.conf"),
      state_(config_.state) {
  std::ofstream file(config_path_);
  file << alsa_config(config_) << std::flush;
  if (!file) throw std::runtime_error("cannot write " + config_path_.string());
}

void SimulatedCard::fault_overrun(std::int64_t frames) {
  state_.request({.kind = FaultKind::overrun, .frames = frames});
}

void SimulatedCard::fault_suspend(std::chrono::milliseconds duration, bool can_resume) {
  state_.request({.kind = FaultKind::suspend,
                  .duration_ns = std::chrono::nanoseconds(duration).count(),
                  .can_resume = can_resume});
}

void SimulatedCard::fault_unplug(std::chrono::milliseconds duration) {
  state_.request({.kind = FaultKind::unplug, .duration_ns = std::chrono::nanoseconds(duration).count()});
}

void SimulatedCard::fault_stall(std::chrono::milliseconds duration) {
  state_.request({.kind = FaultKind::stall, .duration_ns = std::chrono::nanoseconds(duration).count()});
}

std::vector<nlohmann::ordered_json> SimulatedCard::truth() const { return read_truth(config_.state); }

}  // namespace simulated_card
