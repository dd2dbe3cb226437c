// SPDX-License-Identifier: Apache-2.0

// SHM_API marks the exports of the shared library: the public classes and functions, and nothing else. The
// library is compiled with hidden symbols, so that a private class can change without a program noticing. The
// exported symbols are listed in libshm/symbols.txt; `./run verify symbols` compares the list with the
// library.
//
//   class SHM_API Example { public: Example(); };        // a class with functions in the library
//   [[nodiscard]] SHM_API std::int64_t now_ns(int id);   // a function
//
// Every exception class has the mark too: without it the type in the library and the type in a program would
// differ, and the program could not catch it. A class that lives in its header alone needs no mark. SHM_LOCAL
// excludes one nested class of an exported class.
#pragma once

#define SHM_API [[gnu::visibility("default")]]
#define SHM_LOCAL [[gnu::visibility("hidden")]]
