// SPDX-License-Identifier: Apache-2.0
#include "tool_roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "checked_reader.hpp"
#include "record_roles.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::chaos {
namespace {

using namespace std::chrono_literals;

/// Stores on the board that this worker removes streams, or may remove them.
class RemovingMark {
 public:
  RemovingMark(Worker& worker, Removing how, std::int32_t which) : worker_(worker) {
    worker.slot().removing_stream.store(which);
    worker.slot().removing.store(how);
  }
  ~RemovingMark() { worker_.slot().removing.store(Removing::nothing); }
  RemovingMark(const RemovingMark&) = delete;
  RemovingMark& operator=(const RemovingMark&) = delete;

 private:
  Worker& worker_;
};

/// The slot of each stream's writer, and that slot's count of writers.
using Owners = std::array<std::pair<const WorkerSlot*, std::uint32_t>, max_streams>;

Owners owners(const Board& board) {
  Owners owners{};
  for (const WorkerSlot& slot : board.slots) {
    const std::int32_t owned = slot.owns.load();
    if (owned > 0 && slot.sentenced.load() == 0)
      owners[static_cast<std::size_t>(owned - 1)] = {&slot, slot.ownings.load()};
  }
  return owners;
}

const StreamKind* kind_named(std::string_view name) {
  const auto all = all_streams();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const StreamKind& kind) { return kind.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void collect(Worker& worker, const GarbageOptions& options) {
  const RemovingMark mark(worker, Removing::garbage, every_stream);
  const Owners before = owners(worker.board());
  const std::vector<std::string> removed = collect_garbage(options);
  const Owners after = owners(worker.board());
  worker.count(Count::collections);
  for (const std::string& name : removed) {
    const StreamKind* kind = kind_named(name);
    if (kind == nullptr) continue;  // sound, or an unfinished creation
    const std::size_t number = kind->number();
    StreamTruth& truth = worker.board().streams[number];
    truth.collections.fetch_add(1);
    worker.count(Count::collected);
    if (before[number].first != nullptr && before[number] == after[number] && !kind->is_removed) {
      worker.violation(fmt::format("'{}' was collected as garbage under its live writer", name));
    }
    if (kind->persistent && !options.persistent) {
      worker.violation(fmt::format("'{}' was collected though it is persistent", name));
    }
  }
}

void look_at(Worker& worker, const std::string& name) {
  const StreamKind* kind = kind_named(name);
  try {
    const StreamInfo info = stream_info(name);
    const std::vector<ReaderInfo> readers = stream_readers(name);
    if (kind == nullptr) return;
    if (info.items.format != kind->format() || info.items.item_bytes != kind->item_bytes ||
        info.items.oldest > info.items.inserted) {
      worker.violation(fmt::format("'{}' says format {}, {} bytes, {} to {}", name, info.items.format,
                                   info.items.item_bytes, info.items.oldest, info.items.inserted));
    }
    for (const ReaderInfo& reader : readers) {
      if (reader.name != "chaos" && reader.name != "takeover" && !reader.name.empty()) {
        worker.violation(fmt::format("'{}' lists a reader '{}'", name, reader.name));
      }
    }
  } catch (const NotFound&) {          // removed since it was listed
  } catch (const PermissionDenied&) {  // its control file is not there yet, or was removed
  }
}

}  // namespace

void Lister::run(Worker& worker) {
  while (worker.goes_on()) {
    const std::vector<std::string> names = list_streams();
    if (!std::is_sorted(names.begin(), names.end())) worker.violation("the list of streams is not sorted");
    for (const std::string& name : names) look_at(worker, name);
    worker.count(Count::listings);
    worker.rest(100ms);
  }
}

void Collector::run(Worker& worker) {
  while (worker.goes_on()) {
    collect(worker, {.dry_run = worker.chance(10)});
    worker.rest(400ms);
  }
}

void Remover::run(Worker& worker) {
  while (worker.goes_on()) {
    {
      const RemovingMark mark(worker, Removing::by_name, worker.stream_mark());
      try {
        remove_stream(worker.kind().name, worker.chance(50));
        worker.count(Count::removals);
      } catch (const NotFound&) {
      } catch (const WriterExists&) {
        worker.count(Count::refusals);
      }
      worker.truth().removals.fetch_add(1);  // in any case: it may have removed a part
    }
    worker.rest(500ms);
  }
}

void Auditor::run(Worker& worker) {
  const StreamTruth& truth = worker.truth();
  const std::uint64_t generation = truth.generation.load();
  const Life& life = truth.lives[generation % max_lives];
  const bool must_be_there = life.generation.load() == generation && generation != 0 &&
                             life.published.load() > 0 && life.may_begin_anew.load() == 0 &&
                             !worker.kind().is_removed &&
                             truth.removals.load() == life.removals_before.load() &&
                             truth.collections.load() == life.collections_before.load();
  worker.count(Count::audits);
  try {
    const StreamInfo info = stream_info(worker.kind().name);
    if (info.writer.state == WriterState::live)
      worker.violation("everybody is dead, and it has a live writer");
    ReaderOptions options;
    options.name = "chaos";
    CheckedReader reader(worker, Start::oldest(), options);
    reader.audit();
    if (worker.kind().records) audit_records(worker);
    reader.check_answers();
    if (worker.kind().is_removed || info.items.inserted == 0) return;
    if (reader.generation() != generation) {
      worker.violation(
          fmt::format("life {} is there, {} is the present one", reader.generation(), generation));
    } else if (info.items.inserted < life.published.load()) {
      worker.violation(
          fmt::format("{} items are there, {} were published", info.items.inserted, life.published.load()));
    }
  } catch (const NotFound&) {
    if (must_be_there) worker.violation("it is gone, and nobody ended or removed it");
  }
}

void Sweeper::run(Worker& worker) {
  for (const std::string& name : list_streams()) {
    const std::vector<ReaderInfo> readers = stream_readers(name);
    if (!readers.empty())
      worker.violation(fmt::format("'{}' has {} readers, and nobody lives", name, readers.size()));
  }
  collect(worker, {.persistent = true});
}

}  // namespace shm::chaos
