// SPDX-License-Identifier: Apache-2.0

// Surviving a control file that another process truncates. A process that may write NAME.control (by default
// each one that may read the stream) can also truncate it. The kernel then kills each process that touches
// the lost pages with SIGBUS: the writer at its next append. A process that shares streams with users whom it
// does not trust that far calls this once, early:
//
//   int main() {
//     shm::survive_truncation();
//     shm::Writer<Tick> out("market/ticks", {.mode = 0644});
//   }
//
// The call is a choice, because it takes the process's SIGBUS handler. The other choice is
// StreamOptions::control_mode 0600. Any thread may call it. It throws SystemError.
#pragma once

#include "shm/base/export.hpp"

namespace shm {

/// From now on a control file that is truncated is replaced, in this process alone, by private memory. A writer goes
/// on writing; its readers are no longer woken but look by themselves (ten times a second, those that attach later
/// every millisecond), are not listed, and cannot start its source; the next writer makes a new control file. A
/// reader goes on reading.
///
/// A SIGBUS for any other reason goes to the handler that was there before, or kills as ever. A handler that
/// is installed later must pass on signals for other addresses. Any thread may call it, any number of times.
/// @throws SystemError  the handler cannot be installed.
SHM_API void survive_truncation();

}  // namespace shm
