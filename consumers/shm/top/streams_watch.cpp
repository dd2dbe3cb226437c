// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/top/streams_watch.hpp"

#include <algorithm>

#include "consumers/shm/describe.hpp"
#include "consumers/shm/rates.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

/// How long a change is shown: a stream appeared, was replaced or went.
constexpr auto news_last = std::chrono::seconds(5);

double sort_value(const Watched& watched, SortBy by) {
  constexpr double last = -1;
  if (!watched.info) return last;
  switch (by) {
    case SortBy::name:
      break;
    case SortBy::rate:
      return watched.items_per_second.value_or(0);
    case SortBy::bandwidth:
      return watched.bytes_per_second.value_or(0);
    case SortBy::readers:
      return watched.readers ? static_cast<double>(watched.readers->size()) : 0;
    case SortBy::lag:
      return static_cast<double>(watched.worst_lag()) / static_cast<double>(watched.info->items.history);
    case SortBy::lost:
      return static_cast<double>(watched.lost_items());
  }
  return 0;
}

}  // namespace

std::optional<double> Watched::seconds_of(std::uint64_t items) const {
  if (!info) return std::nullopt;
  const double measured = items_per_second.value_or(0);
  const double rate = measured > 0 ? measured : info->items.sample_rate;
  if (!(rate > 0)) return std::nullopt;
  return static_cast<double>(items) / rate;
}

std::optional<double> Watched::history_seconds() const {
  return info ? seconds_of(info->items.inserted - info->items.oldest) : std::nullopt;
}

std::uint64_t Watched::worst_lag() const {
  std::uint64_t worst = 0;
  if (!info || !readers) return worst;
  for (const shm::ReaderInfo& reader : *readers) worst = std::max(worst, lag(reader, info->items.inserted));
  return worst;
}

std::uint64_t Watched::lost_items() const {
  std::uint64_t lost = 0;
  if (!readers) return lost;
  for (const shm::ReaderInfo& reader : *readers) lost += reader.lost_items;
  return lost;
}

StreamsWatch::StreamsWatch(std::vector<std::string> names, std::string directory, Now now)
    : names_(std::move(names)), directory_(std::move(directory)), now_(std::move(now)) {
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
}

Snapshot StreamsWatch::look() {
  Snapshot snapshot;
  std::vector<std::string> names = names_;
  try {
    if (names_.empty()) names = shm::list_streams(directory_);
  } catch (const shm::Error& error) {
    snapshot.problem = error.what();
  }
  // Streams that went are shown for a while.
  for (auto seen = seen_.begin(); seen != seen_.end();) {
    const bool is_there = std::binary_search(names.begin(), names.end(), seen->first);
    const bool is_news = now_() - seen->second.at < news_last;
    if (!is_there && is_news)
      names.insert(std::lower_bound(names.begin(), names.end(), seen->first), seen->first);
    seen = is_there || is_news ? std::next(seen) : seen_.erase(seen);
  }
  for (const std::string& name : names) snapshot.streams.push_back(look_at(name));
  const auto now = now_();
  if (before_) snapshot.seconds = std::chrono::duration<double>(now - *before_).count();
  before_ = now;
  return snapshot;
}

Watched StreamsWatch::look_at(const std::string& name) {
  Watched watched;
  watched.name = name;
  try {
    const auto at = now_();
    watched.info = shm::stream_info(name, directory_);
    watched.presence = Watched::Presence::there;
    compare(watched, at);
    watched.readers = shm::stream_readers(name, directory_);
  } catch (const shm::NotFound&) {  // gone; or it went before its readers were listed
  } catch (const shm::Error& error) {
    if (watched.info) return watched;  // this user may not see its readers
    watched.presence = Watched::Presence::unreadable;
    watched.problem = error.what();
  }
  return watched;
}

void StreamsWatch::compare(Watched& watched, Clock::time_point at) {
  const shm::StreamInfo& info = *watched.info;
  const auto [place, is_new] = seen_.try_emplace(watched.name);
  Seen& seen = place->second;
  const bool is_same = !is_new && seen.created_realtime_ns == info.file.created_realtime_ns;
  if (is_same) {
    const double seconds = std::chrono::duration<double>(at - seen.at).count();
    // Counters only grow; those of a damaged stream may do anything.
    const auto per_second = [&](double difference) {
      return seconds > 0 ? std::max(0.0, difference) / seconds : 0;
    };
    const shm::Index came = info.items.inserted > seen.inserted ? info.items.inserted - seen.inserted : 0;
    watched.items_per_second = per_second(static_cast<double>(came));
    watched.bytes_per_second = per_second(bytes_inserted(info) - seen.bytes);
    if (at - seen.news_since >= news_last) seen.news = Watched::News::none;
  } else {
    const bool is_news = before_.has_value();  // the first look reports no changes
    seen.news = !is_news ? Watched::News::none : is_new ? Watched::News::appeared : Watched::News::replaced;
    seen.news_since = at;
    seen.created_realtime_ns = info.file.created_realtime_ns;
  }
  seen.at = at;
  seen.inserted = info.items.inserted;
  seen.bytes = bytes_inserted(info);
  watched.news = seen.news;
}

void sort_streams(std::vector<Watched>& streams, SortBy by) {
  std::sort(streams.begin(), streams.end(), [by](const Watched& a, const Watched& b) {
    const double of_a = sort_value(a, by);
    const double of_b = sort_value(b, by);
    return by == SortBy::name || of_a == of_b ? a.name < b.name : of_a > of_b;
  });
}

}  // namespace shm::programs
