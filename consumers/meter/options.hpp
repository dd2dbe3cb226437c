// SPDX-License-Identifier: Apache-2.0

// The command line of shm-meter.
#pragma once

#include <CLI/CLI.hpp>

#include "consumers/meter/meter.hpp"

namespace shm::consumers {

void add_meter_options(CLI::App& app, MeterArguments& arguments);

}  // namespace shm::consumers
