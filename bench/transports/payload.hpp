// SPDX-License-Identifier: Apache-2.0

// The contents of messages: their number in the first and last word, and in between words that the receiver
// adds up, so that a message counts only if every byte of it was looked at and was right.
#pragma once

#include <cstring>
#include <vector>

#include "transports/transport.hpp"

namespace shm::bench {

/// The number of a message. The largest ones are signs.
using Number = std::uint64_t;
inline constexpr Number hello = ~Number{0};        ///< shows only that the channel works
inline constexpr Number the_end = ~Number{0} - 1;  ///< the last of this stretch
inline constexpr Number wrong = ~Number{0} - 2;    ///< from check(): not the message that was sent
[[nodiscard]] constexpr bool is_sign(Number number) noexcept { return number >= wrong; }

[[nodiscard]] inline Number word_at(Message message, std::size_t at) noexcept {
  Number word;
  std::memcpy(&word, message.data() + at, sizeof word);
  return word;
}

/// All words added up: every byte is read, as fast as memory gives them.
[[nodiscard]] inline Number sum_of(Message message) noexcept {
  using Lanes [[gnu::vector_size(32)]] = Number;
  constexpr std::size_t stride = 4 * sizeof(Lanes);
  std::size_t at = 0;
  Number sum = 0;
  if (message.size() >= stride) {
    Lanes sums[4] = {};
    for (; at + stride <= message.size(); at += stride) {
      for (std::size_t i = 0; i < 4; ++i) {
        Lanes lanes;
        std::memcpy(&lanes, message.data() + at + i * sizeof lanes, sizeof lanes);
        sums[i] += lanes;
      }
    }
    const Lanes all = sums[0] + sums[1] + sums[2] + sums[3];
    sum = all[0] + all[1] + all[2] + all[3];
  }
  for (; at < message.size(); at += sizeof(Number)) sum += word_at(message, at);
  return sum;
}

/// A message that is sent again and again with another number.
class Payload {
 public:
  /// REQUIRES: bytes is a multiple of 8, at least 8.
  explicit Payload(std::size_t bytes) : words_(bytes / sizeof(Number)) {
    for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = (i + 1) * 0x9e3779b97f4a7c15;
    words_.front() = words_.back() = 0;
    for (const Number word : words_) inside_ += word;
  }

  [[nodiscard]] Message numbered(Number number) noexcept {
    words_.front() = words_.back() = number;
    return std::as_bytes(std::span(words_));
  }

  [[nodiscard]] std::size_t bytes() const noexcept { return words_.size() * sizeof(Number); }

  /// The message's number, or `wrong`.
  [[nodiscard]] Number check(Message message) const noexcept {
    if (message.size() < sizeof(Number)) return wrong;
    const Number number = word_at(message, 0);
    if (message.size() == sizeof(Number)) return number;
    const Number last = word_at(message, message.size() - sizeof(Number));
    return last == number && sum_of(message) == inside_ + 2 * number ? number : wrong;
  }

 private:
  std::vector<Number> words_;
  Number inside_ = 0;
};

}  // namespace shm::bench
