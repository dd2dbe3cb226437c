// SPDX-License-Identifier: Apache-2.0

// What a check of `shm doctor` found, and what to do about it.
#pragma once

#include <string>
#include <vector>

namespace shm::programs {

struct Finding {
  /// warning: works, but worse than it could, or not for all. problem: streams do not work, or are lost.
  enum class Level { ok, warning, problem };

  Level level = Level::ok;
  std::string check;   ///< the subject of the check, in a word or two
  std::string text;    ///< a sentence
  std::string advice;  ///< commands and settings; empty: no action needed

  [[nodiscard]] static Finding ok(std::string check, std::string text) {
    return {Level::ok, std::move(check), std::move(text), {}};
  }
  [[nodiscard]] static Finding warning(std::string check, std::string text, std::string advice) {
    return {Level::warning, std::move(check), std::move(text), std::move(advice)};
  }
  [[nodiscard]] static Finding problem(std::string check, std::string text, std::string advice) {
    return {Level::problem, std::move(check), std::move(text), std::move(advice)};
  }
};

using Findings = std::vector<Finding>;

}  // namespace shm::programs
