# SPDX-License-Identifier: Apache-2.0
# SHM_SANITIZE=address (with undefined behaviour) or thread: the whole build, so that tests see all of it. Unoptimised:
# optimising what sanitizers insert takes twice the time to build, and finds nothing more.
if(SHM_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O0 -g1)
  # g++ 12 takes std::regex for uninitialised here (its bug 105562); without the sanitizer the warning stays on.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    add_compile_options(-fsanitize=fuzzer-no-link)  # for the fuzz targets, which share this build with the tests
    find_program(LLD ld.lld)
    if(LLD)
      add_link_options(-fuse-ld=lld)  # several times as fast as ld
    endif()
  endif()
elseif(SHM_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -O0 -g1)
  add_link_options(-fsanitize=thread)
elseif(NOT SHM_SANITIZE STREQUAL "")
  message(FATAL_ERROR "SHM_SANITIZE is '${SHM_SANITIZE}': it may be empty, address or thread")
endif()
