// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/device_list.hpp"

#include <alsa/asoundlib.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <regex>
#include <string_view>

namespace shm::programs {
namespace {

struct CloseControl {
  void operator()(snd_ctl_t* control) const { snd_ctl_close(control); }
};
struct FreeText {
  void operator()(char* text) const { std::free(text); }
};
using Control = std::unique_ptr<snd_ctl_t, CloseControl>;

Control open_control(int card) {
  snd_ctl_t* control = nullptr;
  if (snd_ctl_open(&control, fmt::format("hw:{}", card).c_str(), 0) < 0) return nullptr;
  return Control(control);
}

void add_card(int card, std::vector<ListedDevice>& devices) {
  const Control control = open_control(card);
  if (!control) return;
  snd_ctl_card_info_t* info = nullptr;
  snd_pcm_info_t* pcm = nullptr;
  snd_ctl_card_info_alloca(&info);
  snd_pcm_info_alloca(&pcm);
  if (snd_ctl_card_info(control.get(), info) < 0) return;
  for (int device = -1; snd_ctl_pcm_next_device(control.get(), &device) == 0 && device >= 0;) {
    snd_pcm_info_set_device(pcm, static_cast<unsigned>(device));
    snd_pcm_info_set_subdevice(pcm, 0);
    snd_pcm_info_set_stream(pcm, SND_PCM_STREAM_CAPTURE);
    if (snd_ctl_pcm_info(control.get(), pcm) < 0) continue;  // plays only
    devices.push_back({fmt::format("hw:CARD={},DEV={}", snd_ctl_card_info_get_id(info), device),
                       fmt::format("{}, {}", snd_ctl_card_info_get_name(info), snd_pcm_info_get_name(pcm)),
                       true});
  }
}

std::string hint_text(const void* hint, const char* key) {
  const std::unique_ptr<char, FreeText> text(snd_device_name_get_hint(hint, key));
  std::string result = text ? text.get() : "";
  std::replace(result.begin(), result.end(), '\n', ' ');
  return result;
}

void add_configured(std::vector<ListedDevice>& devices) {
  void** hints = nullptr;
  if (snd_device_name_hint(-1, "pcm", &hints) < 0) return;
  for (void** hint = hints; *hint != nullptr; ++hint) {
    ListedDevice device{hint_text(*hint, "NAME"), hint_text(*hint, "DESC"), false};
    const bool captures = hint_text(*hint, "IOID") != "Output";
    const bool known = std::any_of(devices.begin(), devices.end(),
                                   [&](const ListedDevice& other) { return other.name == device.name; });
    if (captures && !known && !device.name.empty()) devices.push_back(std::move(device));
  }
  snd_device_name_free_hint(hints);
}

}  // namespace

std::vector<ListedDevice> list_devices() {
  std::vector<ListedDevice> devices;
  for (int card = -1; snd_card_next(&card) == 0 && card >= 0;) add_card(card, devices);
  add_configured(devices);
  return devices;
}

std::string devices_as_text(const std::vector<ListedDevice>& devices) {
  if (devices.empty()) return "no capture devices\n";
  std::size_t width = 0;
  for (const ListedDevice& device : devices) width = std::max(width, device.name.size());
  std::string text;
  for (const ListedDevice& device : devices) {
    text += fmt::format("{:<{}}  {}\n", device.name, width, device.description);
  }
  return text;
}

std::string devices_as_json(const std::vector<ListedDevice>& devices) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const ListedDevice& device : devices) {
    list.push_back(
        {{"name", device.name}, {"description", device.description}, {"hardware", device.hardware}});
  }
  return list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string stable_name(const std::string& device,
                        const std::function<std::optional<std::string>(int card)>& card_id) {
  static const std::regex numbered(R"(^((?:plug)?hw):(\d{1,3})(?:,(\d{1,3}))?(?:,(\d{1,3}))?$)");
  std::smatch match;
  if (!std::regex_match(device, match, numbered)) return device;
  const auto id = card_id(std::atoi(match[2].str().c_str()));
  if (!id) return device;
  std::string name = match[1].str() + ":CARD=" + *id;
  if (match[3].matched) name += ",DEV=" + match[3].str();
  if (match[4].matched) name += ",SUBDEV=" + match[4].str();
  return name;
}

std::string stable_name(const std::string& device) {
  return stable_name(device, [](int card) -> std::optional<std::string> {
    const Control control = open_control(card);
    snd_ctl_card_info_t* info = nullptr;
    snd_ctl_card_info_alloca(&info);
    if (!control || snd_ctl_card_info(control.get(), info) < 0) return std::nullopt;
    return snd_ctl_card_info_get_id(info);
  });
}

}  // namespace shm::programs
