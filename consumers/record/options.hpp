// SPDX-License-Identifier: Apache-2.0

// The command line of shm-record.
#pragma once

#include <CLI/CLI.hpp>

#include "consumers/record/recorder.hpp"

namespace shm::consumers {

void add_record_options(CLI::App& app, RecordArguments& arguments);

}  // namespace shm::consumers
