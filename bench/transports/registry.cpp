// SPDX-License-Identifier: Apache-2.0
#include "transports/registry.hpp"

namespace shm::bench {
namespace {

[[maybe_unused]] Implementation missing(const char* name, const char* package) {
  Implementation is_not_there;
  is_not_there.is.name = name;
  is_not_there.missing = std::string(package) + " was not installed when the benchmark was built";
  return is_not_there;
}

}  // namespace

std::vector<Implementation> all_implementations() {
  return {
      libshm_stream(),  shared_mailbox(), read_only_mailbox(), futex_mailbox(),
      unchecked_ring(), bare_store(),     pipe_transport(),    seqpacket(),
      eventfd_ring(),   posix_queue(),    boost_queue(),
#ifdef SHM_BENCH_ZEROMQ
      zeromq(),
#else
      missing("ZeroMQ", "libzmq3-dev"),
#endif
#ifdef SHM_BENCH_ICEORYX
      iceoryx(),
#else
      missing("iceoryx", "libiceoryx-posh-dev"),
#endif
#ifdef SHM_BENCH_CYCLONEDDS
      cyclone_dds(),
#else
      missing("Cyclone DDS", "cyclonedds-dev"),
#endif
#ifdef SHM_BENCH_FASTDDS
      fast_dds(),
#else
      missing("Fast DDS", "libfastrtps-dev"),
#endif
#ifdef SHM_BENCH_REDIS
      redis_stream(),
#else
      missing("Redis Streams", "libhiredis-dev"),
#endif
#ifdef SHM_BENCH_NATS
      nats(),
#else
      missing("NATS", "libnats-dev"),
#endif
  };
}

}  // namespace shm::bench
