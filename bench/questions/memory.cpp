// Memory per stream: by how much the machine's free memory falls for each channel that is opened between two
// processes and used, everywhere: in the processes, in shared memory, in the kernel, in a daemon. The room is
// for 64 messages of 64 bytes, and what users get who do not say. The first channel brings the library's own
// needs with it.
#include <fstream>
#include <memory>
#include <stdexcept>

#include "questions/run.hpp"

namespace shm::bench {
namespace {

constexpr int channels = 33;

/// Memory that the machine has in use, caches of files aside.
double used_kib() {
  std::ifstream file("/proc/meminfo");
  double used = 0;
  std::string word;
  double kib = 0;
  std::string rest;
  while (file >> word >> kib && std::getline(file, rest)) {
    if (word == "MemTotal:" || word == "Shmem:") used += kib;
    if (word == "MemFree:" || word == "Buffers:" || word == "Cached:") used -= kib;  // Cached contains Shmem
  }
  return used;
}

enum class Phase : int { begun, one, all, over };

struct Table {
  std::atomic<Phase> wanted{Phase::begun};
  std::atomic<int> reached{0};
  Greeting greetings[channels];
  double before = 0;
  double with_one = 0;
  double with_all = 0;
};

/// Does what each phase wants, and says so.
template <class Open>
void follow(Table& table, Open open) {
  int opened = 0;
  for (Phase done = Phase::begun; done != Phase::over;) {
    const Phase wanted = table.wanted.load();
    if (wanted == done) {
      loops::sleep_for_us(1000);
      continue;
    }
    const int until = wanted == Phase::one ? 1 : channels;
    for (; opened < until; ++opened) open(opened);
    done = wanted;
    table.reached.fetch_add(1);
  }
}

void wait_for(Table& table, Phase phase, int& reached) {
  table.wanted.store(phase);
  reached += 2;
  while (table.reached.load() < reached) loops::sleep_for_us(1000);
  loops::sleep_for_us(50'000);  // helper threads settle
}

bool measure(Run& run, const Case& of, std::uint64_t depth, const Implementation& implementation, int round) {
  std::vector<std::unique_ptr<Link>> links;
  for (int i = 0; i < channels; ++i) {
    links.push_back(implementation.link(
        {.name = run.next_name(), .bytes = of.bytes, .wait = Wait::sleep, .depth = depth}));
  }
  const Shared<Table> table;
  run_together({{-1,
                 [&] {
                   int reached = 0;
                   loops::sleep_for_us(50'000);
                   table->before = used_kib();
                   wait_for(*table, Phase::one, reached);
                   table->with_one = used_kib();
                   wait_for(*table, Phase::all, reached);
                   table->with_all = used_kib();
                   table->wanted.store(Phase::over);
                 }},
                {run.processors().here,
                 [&] {
                   std::vector<std::unique_ptr<Sending>> open;
                   follow(*table, [&](int i) {
                     open.push_back(links[static_cast<std::size_t>(i)]->sender());
                     open.back()->greet(table->greetings[i], 1);
                     for (Number number = 0; number < 32; ++number) open.back()->send(number);
                   });
                 }},
                {run.processors().there,
                 [&] {
                   std::vector<std::unique_ptr<Receiving>> open;
                   follow(*table, [&](int i) {
                     open.push_back(links[static_cast<std::size_t>(i)]->receiver(0));
                     open.back()->greet(table->greetings[i]);
                     open.back()->wait_for(31);
                   });
                 }}},
               std::chrono::seconds(60));
  const auto add = [&](const char* metric, double kib) {
    run.results().add(of, {.name = metric, .unit = "KiB"}, implementation.is.name, {round, {}}, kib);
  };
  add("each", (table->with_all - table->with_one) / (channels - 1));
  add("first", table->with_one - table->before);
  return true;
}

}  // namespace

void ask_memory(Run& run) {
  for (const std::uint64_t depth : {64U, 0U}) {
    const Case of{.question = "memory",
                  .name = depth == 0 ? "64 B messages, room by default" : "64 B messages, room for 64",
                  .bytes = 64};
    run.interleave(
        of, [](const Implementation& one) { return one.is.sleeps && one.is.kind != Kind::limit; },
        [&](const Implementation& one, int round) { return measure(run, of, depth, one, round); });
  }
}

}  // namespace shm::bench
