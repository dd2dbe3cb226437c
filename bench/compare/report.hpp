// What a run says: tables for people, JSON for tools.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "compare/comparison.hpp"
#include "compare/one_way.hpp"
#include "support/peer.hpp"

namespace shm::bench {

struct Machine {
  std::string processor;
  int processors = 0;
  std::string kernel;
};
[[nodiscard]] Machine this_machine();

void print_machine(const Machine& machine, const Processors& pinned);
void print_one_way(const std::vector<OneWay>& sizes);
void print_bars(const std::vector<Comparison>& comparisons);

[[nodiscard]] nlohmann::json to_json(const Machine& machine, const std::vector<OneWay>& sizes,
                                     const std::vector<Comparison>& comparisons);

}  // namespace shm::bench
