// SPDX-License-Identifier: Apache-2.0

// Streams that are looked at again and again: the items since the look before, the readers, and the changes.
//
//   StreamsWatch watch({}, directory);
//   watch.look();                        // the first one has no rates
//   Snapshot now = watch.look();
//
// It is not a reader of the streams: it holds nothing and is not listed, and a stream may go, come back or be
// replaced at any time. That is why each look opens each stream anew: some 100 us for one and its readers
// (measured), 2.5 % of a core for 240 streams each second.
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

  /// How long the readable items last: by the measured rate, else (no items came) by the nominal rate of the
  /// stream. Empty: it has no rate.
  [[nodiscard]] std::optional<double> history_seconds() const;
  /// How long ago an item was published that is so many items back.
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

  /// For these streams; an empty list: all streams that exist at each look.
  StreamsWatch(std::vector<std::string> names, std::string directory, Now now = Clock::now);

  /// In the order of the names. Problems of streams are reported in the result, not thrown.
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

/// By name upwards, by any other key downwards: the largest first. `lag` is that of the reader which is
/// nearest to losing items, as a part of the history.
void sort_streams(std::vector<Watched>& streams, SortBy by);

}  // namespace shm::programs
