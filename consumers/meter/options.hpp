// SPDX-License-Identifier: Apache-2.0

// The command line of shm-meter.
#pragma once

#include "common/command_line.hpp"

#include "consumers/meter/meter.hpp"

namespace shm::programs {

void add_meter_options(Command& app, MeterArguments& arguments);

}  // namespace shm::programs
