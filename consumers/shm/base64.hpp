// SPDX-License-Identifier: Apache-2.0

// Bytes as base64 (RFC 4648), with its padding.
#pragma once

#include <cstddef>
#include <span>

#include "common/output.hpp"

namespace shm::programs {

/// The text of consecutive pieces, each a multiple of three bytes, is the text of the whole.
void append_base64(Output::Buffer& out, std::span<const std::byte> bytes);

}  // namespace shm::programs
