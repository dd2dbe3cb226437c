// SPDX-License-Identifier: Apache-2.0

// The subcommands of `shm`. Each adds itself, its options and its help to the program; the one that the user
// chose has set `run` after parsing.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace shm::consumers {

using Run = std::function<int()>;

void add_ls(CLI::App& app, Run& run);
void add_info(CLI::App& app, Run& run);
void add_top(CLI::App& app, Run& run);
void add_hz(CLI::App& app, Run& run);
void add_cat(CLI::App& app, Run& run);
void add_merge(CLI::App& app, Run& run);
void add_align(CLI::App& app, Run& run);
void add_evict(CLI::App& app, Run& run);
void add_doctor(CLI::App& app, Run& run);
void add_rm(CLI::App& app, Run& run);
void add_gc(CLI::App& app, Run& run);

}  // namespace shm::consumers
