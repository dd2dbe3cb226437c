// SPDX-License-Identifier: Apache-2.0

// The version of libshm: of the headers that a program is compiled with, and of the library that it runs with.
//
//   #if SHM_VERSION_MAJOR == 0 && SHM_VERSION_MINOR < 1
//   #error "libshm 0.1 or later is needed"
//   #endif
//   bool is_same = shm::library_version() == shm::version;
//   std::string text = SHM_VERSION_STRING;  // "0.1.0"
//
// This is the only place that has the numbers: CMakeLists.txt reads them from here. Any thread may call
// library_version(). Nothing here throws.
#pragma once

#include <compare>

#include "shm/base/export.hpp"

#define SHM_VERSION_MAJOR 0
#define SHM_VERSION_MINOR 1
#define SHM_VERSION_PATCH 0

#define SHM_VERSION_TEXT_OF(number) #number
#define SHM_VERSION_JOIN(major, minor, patch) \
  SHM_VERSION_TEXT_OF(major) "." SHM_VERSION_TEXT_OF(minor) "." SHM_VERSION_TEXT_OF(patch)
#define SHM_VERSION_STRING SHM_VERSION_JOIN(SHM_VERSION_MAJOR, SHM_VERSION_MINOR, SHM_VERSION_PATCH)

namespace shm {

struct Version {
  int major;
  int minor;
  int patch;
  friend constexpr auto operator<=>(const Version&, const Version&) = default;
};

/// Of these headers.
inline constexpr Version version{SHM_VERSION_MAJOR, SHM_VERSION_MINOR, SHM_VERSION_PATCH};

/// Of the library that is loaded. It may differ from `version`: a program that was compiled with older headers
/// can run with a newer library of the same soname.
[[nodiscard]] SHM_API Version library_version() noexcept;

}  // namespace shm
