// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/top/page.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <string_view>

#include "common/json.hpp"
#include "common/text.hpp"
#include "consumers/shm/describe.hpp"
#include "consumers/shm/table.hpp"

namespace shm::programs {
namespace {

constexpr const char* unknown = "-";

std::string per_second(const std::optional<double>& rate) {
  return rate ? number_text(*rate) + "/s" : unknown;
}

std::string bandwidth_text(const std::optional<double>& rate) {
  return rate ? bytes_text(static_cast<std::uint64_t>(std::min(*rate, 1e18))) + "/s" : unknown;
}

std::string history_text(const Watched& stream) {
  const auto seconds = stream.history_seconds();
  return seconds ? duration_text(*seconds)
                 : count_text(stream.info->items.inserted - stream.info->items.oldest, "item");
}

std::string lag_text(const Watched& stream, std::uint64_t items) {
  const auto seconds = stream.seconds_of(items);
  return items > 0 && seconds ? fmt::format("{} ({})", items, duration_text(*seconds))
                              : std::to_string(items);
}

void add_remark(std::string& text, std::string_view remark) {
  if (!text.empty()) text += ", ";
  text += remark;
}

/// The writer, and notes about the stream.
std::string state_text(const Watched& stream) {
  const shm::StreamInfo& info = *stream.info;
  std::string text = writer_text(info);
  if (stream.news == Watched::News::appeared) add_remark(text, "new");
  if (stream.news == Watched::News::replaced) add_remark(text, "replaced an earlier one");
  if (info.backpressure.is_held_back) add_remark(text, "HELD BACK");
  if (info.backpressure.dropped_items > 0)
    add_remark(text, count_text(info.backpressure.dropped_items, "item") + " dropped");
  if (info.source.state == shm::layout::SourceState::stopped) add_remark(text, "source stopped");
  if (info.source.state == shm::layout::SourceState::failed)
    add_remark(text, "source failed: " + info.source.error);
  return text;
}

std::string state_text(const shm::ReaderInfo& reader, const Watched& stream) {
  std::string text;
  if (reader.holds_back) add_remark(text, "HOLDS THE WRITER BACK");
  if (reader.lossless) {
    const shm::Index inserted = stream.info->items.inserted;
    const std::uint64_t held = inserted > reader.acknowledged ? inserted - reader.acknowledged : 0;
    add_remark(text, fmt::format("lossless, {} not acknowledged", count_text(held, "item")));
  }
  if (reader.entered) add_remark(text, "entered");
  return text;
}

using Rows = std::vector<std::vector<std::string>>;

void add_rows(Rows& rows, const Watched& stream) {
  if (stream.presence == Watched::Presence::gone) return rows.push_back({stream.name, "not there"});
  if (!stream.info) return rows.push_back({stream.name, "unreadable: " + stream.problem});
  rows.push_back({stream.name, per_second(stream.items_per_second), bandwidth_text(stream.bytes_per_second),
                  history_text(stream), stream.readers ? std::to_string(stream.readers->size()) : "?",
                  stream.readers && !stream.readers->empty() ? lag_text(stream, stream.worst_lag()) : unknown,
                  stream.readers ? std::to_string(stream.lost_items()) : "?", state_text(stream)});
  if (!stream.readers) return;
  for (const shm::ReaderInfo& reader : *stream.readers) {
    std::string who = fmt::format("  {} {}", reader.program, reader.pid);
    if (!reader.name.empty() && reader.name != reader.program) who += " " + reader.name;
    std::string lost = std::to_string(reader.lost_items);
    if (reader.lost_ranges > 0) lost += fmt::format(" in {}", reader.lost_ranges);
    rows.push_back({who, "", "", "", "", lag_text(stream, lag(reader, stream.info->items.inserted)), lost,
                    state_text(reader, stream)});
  }
}

std::string summary_line(const Snapshot& snapshot, const std::string& directory) {
  std::size_t streams = 0;
  std::size_t readers = 0;
  double items = 0;
  double bytes = 0;
  for (const Watched& stream : snapshot.streams) {
    if (stream.presence == Watched::Presence::there) ++streams;
    if (stream.readers) readers += stream.readers->size();
    items += stream.items_per_second.value_or(0);
    bytes += stream.bytes_per_second.value_or(0);
  }
  return fmt::format("{}: {}, {}, {} items/s, {}", printable(directory), count_text(streams, "stream"),
                     count_text(readers, "reader"), number_text(items), bandwidth_text(bytes));
}

std::string_view presence_word(const Watched& stream) {
  switch (stream.presence) {
    case Watched::Presence::there:
      return "there";
    case Watched::Presence::unreadable:
      return "unreadable";
    case Watched::Presence::gone:
      break;
  }
  return "gone";
}

Json number_json(const std::optional<double>& number) {
  return number ? Json(std::round(*number * 1e6) / 1e6) : nullptr;
}

Json stream_json(const Watched& stream) {
  Json json{{"name", stream.name}, {"presence", presence_word(stream)}};
  if (!stream.problem.empty()) json["error"] = stream.problem;
  if (!stream.info) return json;
  const shm::StreamInfo& info = *stream.info;
  json["news"] = stream.news == Watched::News::appeared   ? Json("appeared")
                 : stream.news == Watched::News::replaced ? Json("replaced")
                                                          : nullptr;
  json["items_per_second"] = number_json(stream.items_per_second);
  json["bytes_per_second"] = number_json(stream.bytes_per_second);
  json["item_bytes"] = info.items.item_bytes;
  json["oldest"] = info.items.oldest;
  json["inserted"] = info.items.inserted;
  json["history_seconds"] = number_json(stream.history_seconds());
  json["writer"] = writer_json(info);
  json["source"] = word(info.source.state);
  json["lossless"] = info.lossless;
  json["is_held_back"] = info.backpressure.is_held_back;
  json["dropped_items"] = info.backpressure.dropped_items;
  json["readers"] = nullptr;
  if (!stream.readers) return json;
  json["readers"] = Json::array();
  for (const shm::ReaderInfo& reader : *stream.readers) {
    Json one = reader_json(reader, info.items.inserted);
    one["lag_seconds"] = number_json(stream.seconds_of(lag(reader, info.items.inserted)));
    json["readers"].push_back(std::move(one));
  }
  return json;
}

/// The first characters of a text in UTF-8.
std::string first_characters(const std::string& text, std::size_t most) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80;
    if (begins && ++characters > most) return text.substr(0, i);
  }
  return text;
}

}  // namespace

std::vector<std::string> page_lines(const Snapshot& snapshot, const std::string& directory) {
  std::vector<std::string> lines{summary_line(snapshot, directory)};
  if (!snapshot.problem.empty()) lines.push_back(printable(snapshot.problem));
  if (snapshot.streams.empty()) return lines;
  Rows rows;
  for (const Watched& stream : snapshot.streams) add_rows(rows, stream);
  Output::Buffer table;
  print_table(table,
              {{"STREAM"},
               {"RATE", true},
               {"BANDWIDTH", true},
               {"HISTORY", true},
               {"READERS", true},
               {"LAG", true},
               {"LOST", true},
               {"WRITER"}},
              rows);
  std::string_view left(table.data(), table.size());
  while (!left.empty()) {
    const std::size_t end = left.find('\n');
    std::string_view line = left.substr(0, end);
    while (line.ends_with(' ')) line.remove_suffix(1);
    lines.emplace_back(line);
    left.remove_prefix(end + 1);
  }
  return lines;
}

Json page_json(const Snapshot& snapshot, std::int64_t realtime_ns) {
  Json json{{"realtime_ns", realtime_ns}, {"seconds", number_json(snapshot.seconds)}};
  if (!snapshot.problem.empty()) json["error"] = snapshot.problem;
  json["streams"] = Json::array();
  for (const Watched& stream : snapshot.streams) json["streams"].push_back(stream_json(stream));
  return json;
}

std::vector<std::string> fitted(std::vector<std::string> lines, std::size_t rows, std::size_t columns) {
  if (lines.size() > rows && rows > 0) {
    const std::size_t hidden = lines.size() - rows + 1;
    lines.resize(rows);
    lines.back() = fmt::format("... {} more", count_text(hidden, "line"));
  }
  for (std::string& line : lines) line = first_characters(line, columns);
  return lines;
}

}  // namespace shm::programs
