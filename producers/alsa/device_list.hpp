// SPDX-License-Identifier: Apache-2.0

// The capture devices of a machine, by names that stay the same when cards are plugged in another order.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace shm::programs {

struct ListedDevice {
  std::string name;  ///< for --device: "hw:CARD=PCH,DEV=0", or a name of the ALSA configuration
  std::string description;
  bool hardware = false;
};

/// Hardware first, then what the configuration defines (default, plug devices and the like).
[[nodiscard]] std::vector<ListedDevice> list_devices();
[[nodiscard]] std::string devices_as_text(const std::vector<ListedDevice>& devices);
[[nodiscard]] std::string devices_as_json(const std::vector<ListedDevice>& devices);

/// "hw:1,0" is the second card of today: returns "hw:CARD=id,DEV=0". Other names, and cards that do not
/// exist, are returned unchanged. `card_id`: the id of a card, empty if there is no such card.
[[nodiscard]] std::string stable_name(const std::string& device,
                                      const std::function<std::optional<std::string>(int card)>& card_id);
/// The same with the cards of this machine.
[[nodiscard]] std::string stable_name(const std::string& device);

}  // namespace shm::programs
