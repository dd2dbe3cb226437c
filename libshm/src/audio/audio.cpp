// SPDX-License-Identifier: Apache-2.0
#include "shm/audio/audio.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "shm/base/error.hpp"
#include "shm/format/item_format.hpp"

namespace shm {
namespace {

struct Described {
  SampleFormat format;
  std::string_view name;
  std::size_t bytes;
  std::string_view shape;  // of one sample inside the frame, after the number of channels
  std::string_view element;
};

constexpr std::array<Described, 7> described{{
    {SampleFormat::U8, "U8", 1, "", "<B"},
    {SampleFormat::S16_LE, "S16_LE", 2, "", "<h"},
    {SampleFormat::S24_3LE, "S24_3LE", 3, ",3", "<B"},
    {SampleFormat::S24_LE, "S24_LE", 4, "", "<i"},
    {SampleFormat::S32_LE, "S32_LE", 4, "", "<i"},
    {SampleFormat::FLOAT_LE, "FLOAT_LE", 4, "", "<f"},
    {SampleFormat::FLOAT64_LE, "FLOAT64_LE", 8, "", "<d"},
}};

constexpr unsigned max_channels = 4096;  // more than any device has, few enough for no product to overflow

const Described& describe(SampleFormat format) noexcept {
  const auto* found = std::find_if(described.begin(), described.end(),
                                   [&](const Described& entry) { return entry.format == format; });
  return found != described.end() ? *found : described[1];
}

bool same_but_for_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

template <class T>
T load(const std::byte* from) noexcept {
  static_assert(std::endian::native == std::endian::little, "samples are little endian");
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// The low three bytes as a signed number, whatever a fourth holds.
double from_24_bits(const std::byte* sample) noexcept {
  std::uint32_t bits = 0;
  std::memcpy(&bits, sample, 3);
  const auto value = static_cast<std::int32_t>(bits << 8) >> 8;
  return static_cast<double>(value) / 8388608.0;
}

std::optional<AudioFormat> parse_audio(const nlohmann::json& metadata) {
  if (!metadata.is_object()) return std::nullopt;
  const auto audio = metadata.find("audio");
  if (audio == metadata.end() || !audio->is_object()) return std::nullopt;
  const auto sample = audio->find("sample_format");
  const auto channels = audio->find("channels");
  if (sample == audio->end() || !sample->is_string()) return std::nullopt;
  if (channels == audio->end() || !channels->is_number_unsigned()) return std::nullopt;
  const auto format = sample_format(sample->get_ref<const std::string&>());
  const auto count = channels->get<std::uint64_t>();
  if (!format || count == 0 || count > max_channels) return std::nullopt;
  AudioFormat found;
  found.sample = *format;
  found.channels = static_cast<unsigned>(count);
  const auto device = audio->find("device");
  if (device != audio->end() && device->is_string()) found.device = device->get<std::string>();
  return found;
}

}  // namespace

std::string_view to_string(SampleFormat format) noexcept { return describe(format).name; }

std::optional<SampleFormat> sample_format(std::string_view name) noexcept {
  for (const Described& entry : described) {
    if (same_but_for_case(entry.name, name)) return entry.format;
  }
  return std::nullopt;
}

std::size_t sample_bytes(SampleFormat format) noexcept { return describe(format).bytes; }

std::string frame_format(const AudioFormat& audio) {
  const Described& sample = describe(audio.sample);
  return "(" + std::to_string(audio.channels) + std::string(sample.shape) + ")" + std::string(sample.element);
}

std::string audio_metadata(const AudioFormat& audio) {
  nlohmann::ordered_json inner;
  inner["sample_format"] = to_string(audio.sample);
  inner["channels"] = audio.channels;
  if (!audio.device.empty()) inner["device"] = audio.device;
  nlohmann::ordered_json metadata;
  metadata["audio"] = std::move(inner);
  // A device's name need not be UTF-8; JSON must.
  return metadata.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::optional<AudioFormat> audio_format(const StreamInfo& info) {
  try {
    auto audio = parse_audio(nlohmann::json::parse(info.metadata, nullptr, false));
    if (!audio || !std::isfinite(info.items.sample_rate) || info.items.sample_rate <= 0) return std::nullopt;
    if (info.items.item_bytes != audio->frame_bytes()) return std::nullopt;
    if (ItemFormat(info.items.format) != ItemFormat(frame_format(*audio))) return std::nullopt;
    audio->rate = info.items.sample_rate;
    return audio;
  } catch (const Error&) {  // the stream's format is none
    return std::nullopt;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

double sample_value(SampleFormat format, const std::byte* sample) noexcept {
  switch (format) {
    case SampleFormat::U8:
      return (static_cast<double>(load<std::uint8_t>(sample)) - 128.0) / 128.0;
    case SampleFormat::S16_LE:
      return static_cast<double>(load<std::int16_t>(sample)) / 32768.0;
    case SampleFormat::S24_3LE:
    case SampleFormat::S24_LE:
      return from_24_bits(sample);
    case SampleFormat::S32_LE:
      return static_cast<double>(load<std::int32_t>(sample)) / 2147483648.0;
    case SampleFormat::FLOAT_LE:
      return static_cast<double>(load<float>(sample));
    case SampleFormat::FLOAT64_LE:
      return load<double>(sample);
  }
  return 0;
}

std::string_view to_string(CaptureMark::Reason reason) noexcept {
  switch (reason) {
    case CaptureMark::Reason::none:
      return "none";
    case CaptureMark::Reason::overrun:
      return "overrun";
    case CaptureMark::Reason::suspend:
      return "suspend";
    case CaptureMark::Reason::unplugged:
      return "unplugged";
    case CaptureMark::Reason::restart:
      return "restart";
    case CaptureMark::Reason::stall:
      return "stall";
  }
  return "unknown";
}

std::string marks_name(std::string_view stream) { return std::string(stream) + ".marks"; }

}  // namespace shm
