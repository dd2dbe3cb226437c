// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/card_config.hpp"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace simulated_card {
namespace {

std::string quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string quoted(const std::filesystem::path& path) {
  return quoted(std::filesystem::absolute(path).string());
}

}  // namespace

std::string alsa_config(const CardConfig& config) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; };
  if (config.name.empty() || !std::all_of(config.name.begin(), config.name.end(), plain)) {
    throw std::invalid_argument("the name of a pcm is letters, digits, '_' and '-'");
  }
  std::string text =
      "</usr/share/alsa/alsa.conf>\n\n";  // ALSA_CONFIG_PATH replaces all: keep plug: and the rest
  text += "pcm_type.simulated { lib " + quoted(config.plugin) + " }\n\n";
  text += "pcm." + config.name + " {\n  type simulated\n";
  text += "  file " + quoted(config.recording) + "\n";
  text += "  state " + quoted(config.state) + "\n";
  if (config.rate != 0) text += "  rate " + std::to_string(config.rate) + "\n";
  if (config.channels != 0) text += "  channels " + std::to_string(config.channels) + "\n";
  if (!config.format.empty()) text += "  format " + quoted(config.format) + "\n";
  if (config.epoch_ns) text += "  epoch " + std::to_string(*config.epoch_ns) + "\n";
  return text + "}\n";
}

}  // namespace simulated_card
