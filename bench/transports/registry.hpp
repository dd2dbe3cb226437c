// SPDX-License-Identifier: Apache-2.0

// All transports of this build: ours first, then the limits, then the peers.
#pragma once

#include <vector>

#include "transports/transport.hpp"

namespace shm::bench {

/// A transport whose library was missing when this was built is listed with the missing library.
[[nodiscard]] std::vector<Implementation> all_implementations();

// One function for each adapter's file.
Implementation libshm_stream();
Implementation shared_mailbox();
Implementation read_only_mailbox();
Implementation futex_mailbox();
Implementation unchecked_ring();
Implementation bare_store();
Implementation pipe_transport();
Implementation seqpacket();
Implementation eventfd_ring();
Implementation posix_queue();
Implementation boost_queue();
Implementation zeromq();
Implementation iceoryx();
Implementation cyclone_dds();
Implementation fast_dds();
Implementation redis_stream();
Implementation nats();

}  // namespace shm::bench
