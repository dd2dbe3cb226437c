// SPDX-License-Identifier: Apache-2.0

// The command line of shm-record.
#pragma once

#include "common/command_line.hpp"

#include "consumers/record/recorder.hpp"

namespace shm::programs {

void add_record_options(Command& app, RecordArguments& arguments);

}  // namespace shm::programs
