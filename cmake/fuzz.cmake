# SHM_BUILD_FUZZ: everything with libFuzzer's instrumentation and the sanitizers, for the targets of tests/fuzz.
if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  message(FATAL_ERROR "SHM_BUILD_FUZZ needs clang++, not ${CMAKE_CXX_COMPILER}: cmake --preset fuzz")
endif()
add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
add_link_options(-fsanitize=address,undefined)
