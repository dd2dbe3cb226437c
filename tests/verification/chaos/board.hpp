// SPDX-License-Identifier: Apache-2.0

// The state that the director and all workers share: one memory file, which each of them maps. It outlives workers
// that are killed, so that no count and no truth is lost with a worker.
//
// It has three parts: counts (for each slot its own, so that workers do not contend for cache lines), the truth about
// each stream (its writer stores it before and after each append), and the current action of each worker on its
// stream (to check whether another live writer exists, and which readers have entered).
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shm::chaos {

enum class Count : std::size_t {
  items_written,
  items_read,
  items_lost,
  losses,
  reads_overwritten,
  attaches,
  ends_seen,
  forks,
  takeovers,
  new_lives,
  replacements,
  closes,
  leaves,
  refusals,
  no_space,
  waits,
  wakes,
  late_wakes,
  enters,
  exits,
  source_starts,
  source_failures,
  listings,
  collections,
  collected,
  removals,
  audits,
  look_ups,
  ranges,
  ranges_past,
  key_leaps,
  items_merged,
  merged_late,
  records_written,
  records_read,
  held_back,
  items_dropped,
  acknowledgements,
  evictions,
  evictions_seen,
  how_many
};
inline constexpr std::size_t counts = static_cast<std::size_t>(Count::how_many);
[[nodiscard]] std::string_view name_of(Count count);

inline constexpr std::size_t max_workers = 160;
inline constexpr std::size_t max_streams = 32;
inline constexpr std::size_t max_lives = 64;
inline constexpr std::size_t times_kept = 256;
inline constexpr std::size_t max_violations = 64;

/// The index of a published item, and the time of its publication.
struct Published {
  std::atomic<std::uint64_t> index;
  std::atomic<std::int64_t> time;
};

/// One run of indices from 0 on. It ends when the stream's files are removed, and survives takeovers and
/// replacements.
struct Life {
  std::atomic<std::uint64_t> generation;        ///< its number; 0: unused
  std::atomic<std::uint64_t> published;         ///< least count of published items (never decreases)
  std::atomic<std::uint64_t> intended;          ///< at most this number of items was begun
  std::atomic<std::uint64_t> smallest_history;  ///< of all its files
  std::atomic<std::uint32_t> may_end;           ///< a file of it was, or is being, closed or replaced
  std::atomic<std::uint32_t> may_begin_anew;    ///< it was, or is being, closed for good
  std::atomic<std::uint64_t> removals_before;   ///< StreamTruth::removals when it began
  std::atomic<std::uint64_t> collections_before;
  std::array<Published, times_kept> times;  ///< of item i at i % times_kept
};

struct StreamTruth {
  std::atomic<std::uint64_t> generation;   ///< of the present life
  std::array<Life, max_lives> lives;       ///< of generation g at g % max_lives
  std::atomic<std::uint64_t> comings;      ///< how often a worker set out to write it
  std::atomic<std::uint64_t> removals;     ///< how often it may have been removed by name
  std::atomic<std::uint64_t> collections;  ///< how often it may have been collected as garbage
  std::atomic<std::uint64_t> evictions;    ///< how often readers of it may have been evicted
  std::atomic<std::int64_t> last_exit;     ///< when the latest entered reader exited
};

enum class Removing : std::uint32_t { nothing, by_name, garbage };
inline constexpr std::int32_t every_stream = -1;

/// The state of one worker; the next worker in the slot continues its counts.
struct alignas(64) WorkerSlot {
  std::array<std::atomic<std::uint64_t>, counts> counted;
  std::atomic<std::int32_t> pid;
  std::atomic<std::uint32_t> ticket;     ///< number of the occupant
  std::atomic<std::uint32_t> sentenced;  ///< set before it is killed
  std::atomic<std::uint32_t> stops;      ///< counted up before SIGSTOP and after SIGCONT: odd while stopped
  std::atomic<std::int64_t> beat;        ///< true time of its last sign of life
  // Streams, by number + 1; 0: no stream.
  std::atomic<std::int32_t> claims;    ///< it is at work to write this one, or writes it
  std::atomic<std::int32_t> owns;      ///< it has the writer
  std::atomic<std::uint32_t> ownings;  ///< how often it got one
  std::atomic<std::int32_t> entered;   ///< it entered the source of it
  std::atomic<std::int32_t> evicting;  ///< it evicts readers of it
  std::atomic<Removing> removing;
  std::atomic<std::int32_t> removing_stream;  ///< or every_stream
  std::array<char, 64> doing;                 ///< role and stream, for messages
};

struct Violation {
  std::atomic<std::uint32_t> written;
  std::array<char, 500> text;
};

struct Board {
  /// The offset of CLOCK_REALTIME in all workers (stepped_clock.cpp).
  std::atomic<std::int64_t> realtime_offset_ns;
  std::atomic<std::uint32_t> going_on;       ///< 0: workers finish
  std::atomic<std::uint32_t> room_turns;     ///< odd while the file system is full; changes with it
  std::atomic<std::int64_t> latest_wake_ns;  ///< the longest of the late wakes
  std::array<WorkerSlot, max_workers> slots;
  std::array<StreamTruth, max_streams> streams;
  std::atomic<std::uint32_t> violation_count;
  std::array<Violation, max_violations> violations;

  [[nodiscard]] std::uint64_t total(Count count) const;
  /// Stores a violation, with the worker that found it; beyond max_violations it only counts.
  void report(std::string_view what);
};

/// The board's memory. The director makes it; a worker maps it from the number of the open file.
class BoardMemory {
 public:
  BoardMemory();
  explicit BoardMemory(int fd);
  ~BoardMemory();
  BoardMemory(const BoardMemory&) = delete;
  BoardMemory& operator=(const BoardMemory&) = delete;

  [[nodiscard]] Board& board() const { return *board_; }
  [[nodiscard]] int fd() const { return fd_; }

 private:
  void map();
  int fd_;
  Board* board_ = nullptr;
};

}  // namespace shm::chaos
