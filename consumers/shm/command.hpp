// SPDX-License-Identifier: Apache-2.0

// The subcommands of `shm`. Each adds itself, its options and its help to the program. The chosen one has set
// `run` after parsing.
#pragma once

#include <functional>

#include "common/command_line.hpp"

namespace shm::programs {

using Run = std::function<int()>;

void add_ls(Command& app, Run& run);
void add_info(Command& app, Run& run);
void add_top(Command& app, Run& run);
void add_hz(Command& app, Run& run);
void add_cat(Command& app, Run& run);
void add_merge(Command& app, Run& run);
void add_align(Command& app, Run& run);
void add_evict(Command& app, Run& run);
void add_doctor(Command& app, Run& run);
void add_rm(Command& app, Run& run);
void add_gc(Command& app, Run& run);

}  // namespace shm::programs
