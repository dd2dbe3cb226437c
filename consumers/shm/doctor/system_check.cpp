// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/doctor/system_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "consumers/shm/describe.hpp"

namespace shm::programs {
namespace {

namespace fs = std::filesystem;

constexpr ::uid_t last_system_user = 999;  // Debian's; systemd is compiled with it

/// In systemd's search order: a file hides files of the same name in later directories.
constexpr std::array<const char*, 4> configuration_places{"etc", "run", "usr/local/lib", "usr/lib"};

bool runs_systemd(const fs::path& root) {
  std::error_code ignored;
  return fs::is_directory(root / "run/systemd/system", ignored);
}

std::string first_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r");
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

/// The last value of the setting in a file.
std::optional<std::string> setting_in(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  std::optional<std::string> value;
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find('=');
    if (equals != std::string::npos && trimmed(line.substr(0, equals)) == key)
      value = trimmed(line.substr(equals + 1));
  }
  return value;
}

/// systemd's own: the main file, then the parts in logind.conf.d, by their names.
std::string remove_ipc_setting(const fs::path& root) {
  std::string value = "yes";  // if no file sets it
  std::error_code ignored;
  for (const char* place : configuration_places) {
    const fs::path main = root / place / "systemd/logind.conf";
    if (!fs::exists(main, ignored)) continue;
    value = setting_in(main, "RemoveIPC").value_or(value);
    break;
  }
  std::map<std::string, fs::path> parts;
  for (const char* place : configuration_places) {
    for (const auto& entry : fs::directory_iterator(root / place / "systemd/logind.conf.d", ignored)) {
      if (entry.path().extension() == ".conf") parts.try_emplace(entry.path().filename(), entry.path());
    }
  }
  for (const auto& [name, path] : parts) value = setting_in(path, "RemoveIPC").value_or(value);
  std::transform(value.begin(), value.end(), value.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value;
}

bool is_in_shared_memory(const std::string& directory) {
  return directory == "/dev/shm" || directory.starts_with("/dev/shm/");
}

}  // namespace

Finding check_remove_ipc(const std::string& root, const std::string& directory, ::uid_t user) {
  constexpr const char* check = "RemoveIPC";
  if (!runs_systemd(root)) return Finding::ok(check, "no systemd here");
  if (!is_in_shared_memory(directory)) return Finding::ok(check, directory + " is not in /dev/shm");
  const std::string value = remove_ipc_setting(root);
  if (value == "no" || value == "false" || value == "0" || value == "off" || value == "n" || value == "f") {
    return Finding::ok(check, "off");
  }
  if (user <= last_system_user) {
    return Finding::ok(check, fmt::format("on, but not for system users such as {}", user_name(user)));
  }
  std::error_code ignored;
  if (fs::exists(fs::path(root) / "var/lib/systemd/linger" / user_name(user), ignored)) {
    return Finding::ok(check,
                       fmt::format("on, but {} lingers, and never logs out for good", user_name(user)));
  }
  return Finding::warning(
      check,
      fmt::format(
          "on: when the last session of {} ends, systemd-logind removes its streams, even those that a "
          "program still writes",
          user_name(user)),
      fmt::format("loginctl enable-linger {}; or, in /etc/systemd/logind.conf.d/libshm.conf: `[Login]` and "
                  "`RemoveIPC=no`, then systemctl restart systemd-logind; or run producers as a system user",
                  user_name(user)));
}

Finding check_tmpfiles(const std::string& root, const std::string& directory) {
  constexpr const char* check = "tmpfiles.d";
  if (!runs_systemd(root)) return Finding::ok(check, "no systemd here");
  if (directory != "/dev/shm/libshm") return Finding::ok(check, "does not concern " + directory);
  std::error_code ignored;
  for (const char* place : configuration_places) {
    const fs::path path = fs::path(root) / place / "tmpfiles.d/libshm.conf";
    if (fs::exists(path, ignored)) return Finding::ok(check, directory + " is made at boot, for every user");
  }
  return Finding::warning(
      check,
      directory + " is not made at boot: then it belongs to whoever writes first, and no other user may",
      "install lib/tmpfiles.d/libshm.conf of libshm to /etc/tmpfiles.d, then systemd-tmpfiles --create");
}

Finding check_huge_pages(const std::string& root) {
  constexpr const char* check = "huge pages";
  const std::string line = first_line(fs::path(root) / "sys/kernel/mm/transparent_hugepage/shmem_enabled");
  const auto begin = line.find('[');
  const auto end = line.find(']');
  if (begin == std::string::npos || end == std::string::npos || end < begin)
    return Finding::ok(check, "not known");
  return Finding::ok(check, "for shared memory: " + line.substr(begin + 1, end - begin - 1));
}

Finding check_governor(const std::string& root) {
  constexpr const char* check = "CPU governor";
  std::map<std::string, int> governors;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::path(root) / "sys/devices/system/cpu", ignored)) {
    const std::string governor = first_line(entry.path() / "cpufreq/scaling_governor");
    if (!governor.empty()) ++governors[governor];
  }
  if (governors.empty()) return Finding::ok(check, "not told here");
  std::string text;
  for (const auto& [governor, count] : governors) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", governor, count);
  }
  if (governors.size() == 1 && governors.begin()->first == "performance") return Finding::ok(check, text);
  return Finding::ok(check, text + "; where microseconds matter: cpupower frequency-set -g performance");
}

}  // namespace shm::programs
