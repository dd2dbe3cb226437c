// SPDX-License-Identifier: Apache-2.0

// Living on when somebody shortens a control file. Who may write NAME.control, by default whoever may read
// the stream, can also truncate it, and the kernel then kills with SIGBUS whoever touches what is gone: the
// writer at its next append. A process that shares streams with others it does not trust that far calls this
// once, early:
//
//   int main() {
//     shm::survive_lost_control_files();
//     shm::Writer<Tick> out("market/ticks", {.mode = 0644});
//
// It is a choice, because it takes the process's SIGBUS handler. The other choice is
// StreamOptions::control_mode 0600.
#pragma once

#include "shm/base/export.hpp"

namespace shm {

/// From now on a control file that was shortened under this process is replaced, in this process alone, by
/// memory of its own. A writer goes on writing; its readers are no longer woken but look by themselves (ten
/// times a second, those that attach later every millisecond), are not listed, and cannot have its source
/// run; the next writer makes a new control file. A reader goes on reading.
///
/// A SIGBUS for any other reason goes to the handler that was there before, or kills as ever. A handler that
/// is installed later must pass on what it does not know. Any thread may call it, any number of times.
/// @throws SystemError.
SHM_API void survive_lost_control_files();

}  // namespace shm
