// SPDX-License-Identifier: Apache-2.0

// Bytes as base64 (RFC 4648), with its padding.
#pragma once

#include <cstddef>
#include <span>

#include "common/output.hpp"

namespace shm::programs {

/// Pieces of a multiple of three bytes make, one behind the other, what the whole makes.
void append_base64(Output::Buffer& out, std::span<const std::byte> bytes);

}  // namespace shm::programs
