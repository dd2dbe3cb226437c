// SPDX-License-Identifier: Apache-2.0

// Two streams: merged, cut into aligned windows, and joined as of each other.
#include <array>
#include <cstdio>
#include <shm/shm.hpp>

using Word = shm::TimeAndValue<std::array<char, 8>>;
using Level = shm::TimeAndValue<double>;

int main() {
  shm::StreamOptions timed;
  timed.timestamp = shm::Timestamp::time_and_value();
  shm::Writer<Word> hello("example/hello", timed);
  shm::Writer<Word> world("example/world", timed);
  for (const Word& word : {Word{2, {"two"}}, {3, {"three"}}, {5, {"five"}}}) hello.append(word);
  for (const Word& word : {Word{0, {"zero"}}, {1, {"one"}}, {3, {"three"}}, {6, {"six"}}}) world.append(word);

  shm::Merge<> merge({.up_to_now = true});
  for (const char* name : {"example/hello", "example/world"}) {
    shm::Reader<Word> reader(name, shm::Start::oldest());
    const shm::KeyInItem<> keys(reader.raw());
    merge.add(std::move(reader), keys);
  }
  for (const auto& item : merge) {
    std::printf("%s %lld %s\n", item.stream == 0 ? "hello" : "world", static_cast<long long>(item.key),
                item.as<Word>().value.data());
  }

  shm::Writer<Level> level("example/level", timed);
  for (int t = 0; t <= 8; t += 2) level.append({t, t * 1.5});
  const auto instants = [](const char* name) {
    return shm::IntervalReader(shm::keyed<shm::KeyInItem<>>(shm::Reader<Word>(name, shm::Start::oldest())),
                               shm::StampInterval<>::instant());
  };
  auto words = instants("example/hello");
  auto others = instants("example/world");
  auto counted = shm::aggregate(others, [](const auto& view) { return view.size(); });
  for (const auto& window : shm::aligned_windows(shm::intervals<std::int64_t>(0, 3, 2), words, counted)) {
    const auto& [some_words, count] = window.parts;
    std::printf("[%lld, %lld): %zu of hello, %zu of world\n", static_cast<long long>(window.query.begin),
                static_cast<long long>(window.query.end), some_words.size(), count);
  }

  auto levels = shm::keyed<shm::KeyInItem<>>(shm::Reader<Level>("example/level", shm::Start::oldest()));
  for (const auto& row : shm::as_of_join(words.keyed(), {0, 10}, {.tolerance = 1}, levels)) {
    const auto& [then] = row.others;
    std::printf("%s: level %g, on the line %g\n", row.item.value.data(), then->value,
                *shm::interpolate(levels, row.key, [](const Level& l) { return l.value; }));
  }
}
