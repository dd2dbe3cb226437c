// SPDX-License-Identifier: Apache-2.0

// Streams looked at again and again: what came since the look before, the readers, and what changed.
//
//   StreamsWatch watch({}, directory);
//   watch.look();                        // the first one has no rates
//   Snapshot now = watch.look();
//
// It is not a reader of them: nothing is held, it is not listed, and a stream may go, come back or be replaced by
// another under it at any time. That is why each look opens each stream anew: some 100 us for one and its
// readers (measured), 2.5 % of a core for 240 streams each second.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shm/storage/stream_info.hpp"

namespace shm::programs {

struct Watched {
  enum class Presence { there, unreadable, gone };
  enum class News { none, appeared, replaced };

  std::string name;
  Presence presence = Presence::gone;
  News news = News::none;
  std::string problem = {};                                  ///< unreadable: why
  std::optional<shm::StreamInfo> info = {};                  ///< there
  std::optional<std::vector<shm::ReaderInfo>> readers = {};  ///< empty: this user may not look
  std::optional<double> items_per_second = {};               ///< empty: it was not there at the look before
  std::optional<double> bytes_per_second = {};

  /// Of what is readable: by the rate that was measured, else (nothing came) by the one that the stream says
  /// it has. Empty: it has none.
  [[nodiscard]] std::optional<double> history_seconds() const;
  /// How long ago that was, of so many items back.
  [[nodiscard]] std::optional<double> seconds_of(std::uint64_t items) const;
  [[nodiscard]] std::uint64_t worst_lag() const;
  [[nodiscard]] std::uint64_t lost_items() const;  ///< by all readers together
};

struct Snapshot {
  double seconds = 0;   ///< since the look before
  std::string problem;  ///< why the directory could not be read
  std::vector<Watched> streams;
};

class StreamsWatch {
 public:
  using Clock = std::chrono::steady_clock;
  using Now = std::function<Clock::time_point()>;

  /// Of these streams; of none: of all that there are at each look.
  StreamsWatch(std::vector<std::string> names, std::string directory, Now now = Clock::now);

  /// In the order of the names. Never throws for what is wrong with the streams.
  [[nodiscard]] Snapshot look();

 private:
  struct Seen {
    Clock::time_point at;  // when it was last there
    std::int64_t created_realtime_ns = 0;
    shm::Index inserted = 0;
    double bytes = 0;
    Watched::News news = Watched::News::none;
    Clock::time_point news_since;
  };
  [[nodiscard]] Watched look_at(const std::string& name);
  void compare(Watched& watched, Clock::time_point at);

  std::vector<std::string> names_;
  std::string directory_;
  Now now_;
  std::map<std::string, Seen> seen_;
  std::optional<Clock::time_point> before_;  // the look before
};

enum class SortBy { name, rate, bandwidth, readers, lag, lost };

/// By name upwards, by anything else downwards: what there is most of comes first. `lag` is that of the
/// reader which is nearest to losing items: as a part of the history.
void sort_streams(std::vector<Watched>& streams, SortBy by);

}  // namespace shm::programs
