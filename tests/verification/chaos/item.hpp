// SPDX-License-Identifier: Apache-2.0

// Items that contain their stream, their life, their index and their time, and show whether they are whole: every bit
// of an item follows from these four.
//
//   8 bytes:          generation (16 bits), and 48 bits mixed from stream, generation and index
//   48 bytes or more: index, generation, stream, time; then words mixed from all of them and their place
//
// If items have keys, then the time is the key.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "shm/layout/record_entry.hpp"

namespace shm::chaos {

[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t word) {
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9U;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebU;
  return word ^ (word >> 31);
}

[[nodiscard]] constexpr std::uint64_t key_of(std::string_view name) {
  std::uint64_t key = 0xcbf29ce484222325U;
  for (const char c : name) key = (key ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return mix(key);
}

inline constexpr std::size_t word_bytes = 8;
inline constexpr std::uint64_t small_generations = 0xffff;  // the part of it in an item of one word

struct ItemFacts {
  std::uint64_t stream = 0;  ///< key_of its name
  std::uint64_t generation = 0;
  std::uint64_t index = 0;
  std::int64_t time = 0;  ///< or its key; 0 in items of one word, which have no room for it
};

/// Makes the item. REQUIRES: 8 bytes, or whole words of 48 bytes or more.
inline void write_item(std::span<std::byte> item, const ItemFacts& facts) {
  const std::size_t words = item.size() / word_bytes;
  const auto put = [&](std::size_t at, std::uint64_t word) {
    std::memcpy(item.data() + at * word_bytes, &word, word_bytes);
  };
  const std::uint64_t seed = mix(facts.stream ^ mix(facts.generation ^ mix(facts.index)));
  if (words == 1) {
    put(0, (facts.generation & small_generations) << 48 | seed >> 16);
    return;
  }
  const auto time = static_cast<std::uint64_t>(facts.time);
  put(0, facts.index);
  put(1, facts.generation);
  put(2, facts.stream);
  put(3, time);
  for (std::size_t at = 4; at < words; ++at) put(at, mix(seed ^ mix(time + at)));
}

/// Returns whether the bytes are item `index` of some life of the stream, whole. Fills in the life and the time.
[[nodiscard]] inline bool read_item(std::span<const std::byte> item, ItemFacts& facts) {
  const auto get = [&](std::size_t at) {
    std::uint64_t word = 0;
    std::memcpy(&word, item.data() + at * word_bytes, word_bytes);
    return word;
  };
  const std::size_t words = item.size() / word_bytes;
  facts.generation = words == 1 ? get(0) >> 48 : get(1);
  const std::uint64_t seed = mix(facts.stream ^ mix(facts.generation ^ mix(facts.index)));
  if (words == 1) return (get(0) & 0xffffffffffffU) == seed >> 16;
  facts.time = static_cast<std::int64_t>(get(3));
  bool right = get(0) == facts.index && get(2) == facts.stream;
  for (std::size_t at = 4; at < words; ++at) right = right && get(at) == mix(seed ^ mix(get(3) + at));
  return right;
}

// --- records: of a size that follows from stream, life and index, and not always whole words ---

inline constexpr std::size_t largest_record = 8000;

[[nodiscard]] inline std::size_t record_size(const ItemFacts& facts) {
  constexpr std::size_t least = 6 * word_bytes;
  const std::uint64_t seed = mix(facts.stream + mix(facts.generation + mix(facts.index)));
  return least + seed % (largest_record - least + 1);
}

[[nodiscard]] inline std::byte tail_byte(const ItemFacts& facts, std::size_t at) {
  return static_cast<std::byte>(mix(facts.index) + at);
}

/// REQUIRES: record_size(facts) bytes.
inline void write_record(std::span<std::byte> record, const ItemFacts& facts) {
  const std::size_t whole = record.size() / word_bytes * word_bytes;
  write_item(record.first(whole), facts);
  for (std::size_t at = whole; at < record.size(); ++at) record[at] = tail_byte(facts, at);
}

/// As read_item.
[[nodiscard]] inline bool read_record(std::span<const std::byte> record, ItemFacts& facts) {
  const std::size_t whole = record.size() / word_bytes * word_bytes;
  bool right = whole >= 6 * word_bytes && read_item(record.first(whole), facts);
  right = right && record.size() == record_size(facts);
  for (std::size_t at = whole; at < record.size(); ++at) right = right && record[at] == tail_byte(facts, at);
  return right;
}

/// As read_item, for the entry of a record, whose time is its life.
[[nodiscard]] inline bool read_entry(std::span<const std::byte> item, ItemFacts& facts) {
  RecordEntry entry;
  std::memcpy(&entry, item.data(), sizeof entry);
  facts.generation = static_cast<std::uint64_t>(entry.time);
  return entry.begin % word_bytes == 0 && entry.bytes == record_size(facts);
}

}  // namespace shm::chaos
