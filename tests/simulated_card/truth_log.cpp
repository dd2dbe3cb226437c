// SPDX-License-Identifier: Apache-2.0
#include "simulated_card/truth_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>

#include "simulated_card/card_clock.hpp"

namespace simulated_card {

std::filesystem::path truth_path(const std::filesystem::path& directory) { return directory / "truth.jsonl"; }

TruthLog::TruthLog(const std::filesystem::path& directory)
    : fd_(::open(truth_path(directory).c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
                 0600)) {
  if (fd_.get() < 0) {
    throw std::system_error(errno, std::generic_category(), "cannot open " + truth_path(directory).string());
  }
}

void TruthLog::append(const nlohmann::ordered_json& line) {
  nlohmann::ordered_json stamped = line;
  if (!stamped.contains("ns")) stamped["ns"] = monotonic_now();
  if (!stamped.contains("pid")) stamped["pid"] = ::getpid();
  // A program's name may be any bytes: never fail over them.
  const std::string text =
      stamped.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  ssize_t written = 0;
  do {
    written = ::write(fd_.get(), text.data(), text.size());
  } while (written < 0 && errno == EINTR);
  if (written != static_cast<ssize_t>(text.size())) {
    throw std::system_error(written < 0 ? errno : ENOSPC, std::generic_category(),
                            "cannot write the truth log");
  }
}

std::vector<nlohmann::ordered_json> read_truth(const std::filesystem::path& directory) {
  std::vector<nlohmann::ordered_json> lines;
  std::ifstream file(truth_path(directory));
  for (std::string text; std::getline(file, text);) {
    if (file.eof()) break;  // no newline yet: still being written
    lines.push_back(nlohmann::ordered_json::parse(text));
  }
  return lines;
}

}  // namespace simulated_card
