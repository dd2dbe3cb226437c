// SPDX-License-Identifier: Apache-2.0

// Slicing by key, with three index maps: keys in the items, a formula, a function.
#include <cmath>
#include <cstdio>
#include <shm/shm.hpp>

using Item = shm::TimeAndValue<int>;

void print(const char* what, const std::vector<Item>& items) {
  std::printf("%s:", what);
  for (const Item& item : items) std::printf(" %d", item.value);
  std::printf("\n");
}

int main() {
  shm::StreamOptions options;
  options.timestamp = shm::Timestamp::time_and_value();
  shm::Writer<Item> out("example/items", options);
  for (int i = 0; i < 6; ++i) out.append({i * 10, i});  // at 0, 10, ... 50
  const auto reader = [] { return shm::Reader<Item>("example/items", shm::Start::oldest()); };

  auto in = shm::keyed<shm::KeyInItem<>>(reader());
  print("[20, 40)", in.range(20, 40));
  print("[20, 40]", in.range(20, 40, {.end = shm::Bound::inclusive}));
  print("from the item at or before 25", in.range(25, 40, {.round_down = true}));
  print("integers stay indices", in.reader()[{-2, {}}]);
  try {
    print("[40, 60), all of it", in.range(40, 60, {.require_end = true}));
  } catch (const shm::OverlapsFuture&) {
    std::printf("an item at 59 may still come\n");
  }

  shm::Keyed by_formula(reader(), shm::Affine<double>(0, 0.0, 0.5));  // half a second an item
  print("0.5 s to 2 s", by_formula.range(0.5, 2.0));

  shm::Keyed by_function(reader(), shm::KeyFunction([](shm::Index i) { return std::sqrt(double(i)); }));
  print("roots from 1 to 2", by_function.range(1.0, 2.0));
}
