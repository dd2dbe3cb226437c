# SPDX-License-Identifier: Apache-2.0
# A toolchain file: for 64-bit ARM, with Debian's cross compiler, run by qemu (tests/verification/arm64.sh, which makes
# SHM_ARM64_ROOT). Packages are found in that folder alone: /usr/include is this machine's, and would stand before the
# cross compiler's own C library.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu)

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SHM_ARM64_ROOT)
set(CMAKE_FIND_ROOT_PATH ${SHM_ARM64_ROOT})
set(CMAKE_PREFIX_PATH ${SHM_ARM64_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# Of Boost, headers.
set(Boost_NO_BOOST_CMAKE ON)
set(Boost_INCLUDE_DIR ${SHM_ARM64_ROOT}/include)
