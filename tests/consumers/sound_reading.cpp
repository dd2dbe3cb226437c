// SPDX-License-Identifier: Apache-2.0
#include "sound_reading.hpp"

#include <sndfile.h>

#include <cstring>
#include <fstream>

namespace shm::test {
namespace {

template <class T>
void put(std::vector<std::byte>& bytes, T value, std::size_t size = sizeof(T)) {
  std::array<std::byte, sizeof(T)> image{};
  std::memcpy(image.data(), &value, sizeof value);
  bytes.insert(bytes.end(), image.begin(), image.begin() + static_cast<std::ptrdiff_t>(size));
}

void put_integer(std::vector<std::byte>& bytes, int high, SampleFormat as) {
  switch (as) {
    case SampleFormat::U8:
      return put(bytes, static_cast<std::uint8_t>((high >> 24) + 128));
    case SampleFormat::S16_LE:
      return put(bytes, static_cast<std::int16_t>(high >> 16));
    case SampleFormat::S24_3LE:
      return put(bytes, high >> 8, 3);
    case SampleFormat::S24_LE:
      return put(bytes, high >> 8);
    default:
      return put(bytes, high);
  }
}

template <class T, class Read, class Put>
void read_all(SNDFILE* file, int channels, Read read, Put put_one) {
  std::vector<T> block(static_cast<std::size_t>(channels) * 1000);
  for (;;) {
    const auto frames = read(file, block.data(), 1000);
    if (frames <= 0) return;
    for (std::size_t i = 0; i < static_cast<std::size_t>(frames * channels); ++i) put_one(block[i]);
  }
}

/// yyyy-mm-ddThh:mm:ss of a broadcast extension whose time reference agrees, or all of a comment.
std::string read_begin(SNDFILE* file, int rate) {
  SF_BROADCAST_INFO info{};
  if (sf_command(file, SFC_GET_BROADCAST_INFO, &info, sizeof info) == SF_FALSE) {
    const char* const date = sf_get_string(file, SF_STR_DATE);
    return date == nullptr ? "" : date;
  }
  const std::string time(info.origination_time, 8);
  const std::uint64_t frames = std::uint64_t{info.time_reference_high} << 32U | info.time_reference_low;
  const std::uint64_t seconds = frames / static_cast<std::uint64_t>(rate);
  const std::uint64_t said = std::stoul(time.substr(0, 2)) * 3600 + std::stoul(time.substr(3, 2)) * 60 +
                             std::stoul(time.substr(6, 2));
  if (seconds != said) return "the time reference says another second";
  return std::string(info.origination_date, 10) + "T" + time;
}

}  // namespace

SoundRead read_sound(const std::string& path, SampleFormat as) {
  SoundRead sound;
  SF_INFO info{};
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (file == nullptr) {
    sound.why = sf_strerror(nullptr);
    return sound;
  }
  sound.is_open = true;
  sound.frames = info.frames;
  sound.channels = info.channels;
  sound.rate = info.samplerate;
  sound.began = read_begin(file, info.samplerate);
  if (as == SampleFormat::FLOAT_LE) {
    read_all<float>(file, info.channels, sf_readf_float, [&](float value) { put(sound.bytes, value); });
  } else if (as == SampleFormat::FLOAT64_LE) {
    read_all<double>(file, info.channels, sf_readf_double, [&](double value) { put(sound.bytes, value); });
  } else {
    read_all<int>(file, info.channels, sf_readf_int, [&](int value) { put_integer(sound.bytes, value, as); });
  }
  sf_close(file);
  const std::vector<std::byte> all = read_bytes(path);
  for (std::size_t i = 0; i < 4 && i < all.size(); ++i) sound.begins += static_cast<char>(all[i]);
  return sound;
}

std::vector<std::byte> read_bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<std::byte> bytes(text.size());
  if (!text.empty()) std::memcpy(bytes.data(), text.data(), text.size());
  return bytes;
}

}  // namespace shm::test
