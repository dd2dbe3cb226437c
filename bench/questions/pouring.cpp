// SPDX-License-Identifier: Apache-2.0
#include "questions/pouring.hpp"

namespace shm::bench {

std::optional<Poured> pour(Run& run, const Case& of, const Channel& channel,
                           const Implementation& implementation, int round) {
  const auto link = implementation.link(channel);
  const Shared<Pour> pour;
  pour->lasts_ns = run.lasting(100'000'000);
  pour->window = link->window();
  Probe probe;
  run_together({{run.processors().here,
                 [&] {
                   const auto sending = link->sender();
                   sending->greet(pour->greeting, 1);
                   probe.ask_before();
                   sending->pour(*pour);
                   probe.ask_after();
                 }},
                {run.processors().there,
                 [&] {
                   const auto receiving = link->receiver(0);
                   receiving->greet(pour->greeting);
                   probe.answer();
                   receiving->drain(*pour);
                   probe.answer();
                 }}},
               std::chrono::seconds(20));
  if (pour->wrong > 0)
    throw std::runtime_error(std::to_string(pour->wrong) + " messages were not what was sent");
  if (!run.stayed(of, implementation, round, probe)) return std::nullopt;
  return Poured{static_cast<double>(pour->received * of.bytes) / pour->took_ns * 1e9,
                pour->lost,
                {round, probe.found().placement()}};
}

}  // namespace shm::bench
