// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/doctor/leftovers_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "common/text.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

/// The first of them.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > most) text += fmt::format(" and {} more", names.size() - most);
  return text;
}

}  // namespace

Finding check_leftovers(const std::string& directory) {
  constexpr const char* check = "leftovers";
  try {
    const std::vector<std::string> names = shm::collect_garbage({.dry_run = true}, directory);
    if (names.empty()) return Finding::ok(check, "none");
    return Finding::warning(
        check,
        fmt::format("nobody writes or reads, or a program left half made: {} ({})", some_of(names),
                    names.size()),
        fmt::format("shm gc --directory {} (with --dry-run it says what would go)", directory));
  } catch (const shm::Error& error) {
    return Finding::warning(check, error.what(), "look at them as the user whose they are, or as root");
  }
}

Findings check_streams(const std::string& directory) {
  constexpr const char* check = "streams";
  Findings findings;
  std::size_t readable = 0;
  std::size_t private_ones = 0;
  try {
    for (const std::string& name : shm::list_streams(directory)) {
      const std::string remove = fmt::format("if nobody needs it: shm rm {} --directory {}", name, directory);
      try {
        static_cast<void>(shm::stream_info(name, directory));
        ++readable;
      } catch (const shm::BadStream& error) {
        findings.push_back(Finding::problem(check, error.what(), remove));
      } catch (const shm::PermissionDenied& error) {
        // A stream that its owner does not share is no problem; one that readers refuse is
        // (docs/security.md).
        if (error.error() == EACCES) {
          ++private_ones;
        } else {
          findings.push_back(Finding::problem(check, error.what(), remove));
        }
      } catch (const shm::NotFound&) {  // went meanwhile
      } catch (const shm::Error& error) {
        findings.push_back(Finding::problem(check, error.what(), remove));
      }
    }
  } catch (const shm::Error& error) {
    return {Finding::problem(check, error.what(), "let this user read the directory, or set LIBSHM_DIR")};
  }
  std::string text = count_text(readable, "stream");
  if (private_ones > 0) text += fmt::format(", and {} that this user may not read", private_ones);
  findings.push_back(Finding::ok(check, text));
  return findings;
}

}  // namespace shm::programs
