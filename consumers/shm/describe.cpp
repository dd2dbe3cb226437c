// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/describe.hpp"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <nlohmann/json.hpp>

#include "common/json.hpp"
#include "common/text.hpp"

namespace shm::programs {

std::string_view word(shm::WriterState state) noexcept {
  switch (state) {
    case shm::WriterState::live:
      return "live";
    case shm::WriterState::ended:
      return "ended";
    case shm::WriterState::lost:
      return "lost";
  }
  return "?";
}

std::string_view word(shm::layout::SourceState state) noexcept {
  switch (state) {
    case shm::layout::SourceState::none:
      return "none";
    case shm::layout::SourceState::stopped:
      return "stopped";
    case shm::layout::SourceState::running:
      return "running";
    case shm::layout::SourceState::failed:
      return "failed";
  }
  return "?";
}

std::string_view word(shm::Timestamp::Kind kind) noexcept {
  switch (kind) {
    case shm::Timestamp::Kind::none:
      return "none";
    case shm::Timestamp::Kind::field:
      return "field";
    case shm::Timestamp::Kind::first_element:
      return "first_element";
    case shm::Timestamp::Kind::time_and_value:
      return "time_and_value";
  }
  return "?";
}

std::string type_word(const shm::FormatField& field) {
  std::string text;
  switch (field.type) {
    case '?':
      text = "bool";
      break;
    case 'T':
      text = "struct";
      break;
    case 's':
    case 'c':
      text = fmt::format("text({})", field.element_bytes);
      break;
    case 'f':
    case 'd':
      text = fmt::format("float{}", field.element_bytes * 8);
      break;
    default:  // upper case is unsigned
      text = fmt::format("{}int{}", field.type < 'a' ? "u" : "", field.element_bytes * 8);
  }
  for (const std::size_t n : field.shape) text += fmt::format("[{}]", n);
  return text;
}

std::string clock_word(::clockid_t clock) {
  switch (clock) {
    case CLOCK_MONOTONIC:
      return "MONOTONIC";
    case CLOCK_REALTIME:
      return "REALTIME";
    case CLOCK_MONOTONIC_RAW:
      return "MONOTONIC_RAW";
    case CLOCK_BOOTTIME:
      return "BOOTTIME";
    case CLOCK_TAI:
      return "TAI";
    default:
      return fmt::format("clock {}", clock);
  }
}

std::string rate_text(double rate) { return rate > 0 ? fmt::format("{} /s", rate) : "-"; }

std::string writer_text(const shm::StreamInfo& info) {
  switch (info.writer.state) {
    case shm::WriterState::live:
      return fmt::format("{} {}", info.writer.program, info.writer.pid);
    case shm::WriterState::lost:
      return fmt::format("lost (was {} {})", info.writer.program, info.writer.pid);
    case shm::WriterState::ended:
      break;
  }
  return "ended";
}

std::string reader_text(const shm::ReaderInfo& reader) {
  const std::string who = fmt::format("process {}, {}", reader.pid, printable(reader.program));
  return reader.name.empty() ? who : fmt::format("{} ({})", printable(reader.name), who);
}

std::string records_text(const shm::StreamInfo& info) {
  return info.records->media_type.empty() ? "records" : "records of " + info.records->media_type;
}

std::string user_name(::uid_t user) {
  const ::passwd* entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

std::string group_name(::gid_t group) {
  const ::group* entry = ::getgrgid(group);
  return entry != nullptr ? entry->gr_name : std::to_string(group);
}

std::string owner_text(const shm::StreamInfo& info) {
  return fmt::format("{} ({}), group {} ({}), mode {:04o}", user_name(info.file.owner), info.file.owner,
                     group_name(info.file.group), info.file.group, info.file.mode);
}

Json owner_json(const shm::StreamInfo& info) {
  return {{"uid", info.file.owner}, {"name", user_name(info.file.owner)}};
}

Json records_json(const shm::StreamInfo& info) {
  if (!info.records) return nullptr;
  return {{"media_type", info.records->media_type},
          {"max_bytes", info.records->max_record_bytes},
          {"history_bytes", info.records->history_bytes},
          {"bytes_inserted", info.records->bytes_inserted}};
}

Json writer_json(const shm::StreamInfo& info) {
  return {{"state", word(info.writer.state)}, {"pid", info.writer.pid}, {"program", info.writer.program}};
}

Json field_json(const shm::FormatField& field) {
  Json json{{"name", field.name},     {"type", type_word(field)}, {"letter", std::string(1, field.type)},
            {"offset", field.offset}, {"bytes", field.bytes()},   {"shape", field.shape}};
  if (field.type == 'T') {
    json["fields"] = Json::array();
    for (const shm::FormatField& inner : field.fields) json["fields"].push_back(field_json(inner));
  }
  return json;
}

Json reader_json(const shm::ReaderInfo& reader, shm::Index inserted) {
  return {{"pid", reader.pid},
          {"program", reader.program},
          {"name", reader.name},
          {"cursor", reader.cursor},
          {"lag", lag(reader, inserted)},
          {"lost_items", reader.lost_items},
          {"lost_ranges", reader.lost_ranges},
          {"entered", reader.entered},
          {"lossless", reader.lossless},
          {"acknowledged", reader.lossless ? Json(reader.acknowledged) : nullptr},
          {"holds_back", reader.holds_back},
          {"attached_realtime_ns", reader.attached_realtime_ns}};
}

Json metadata_json(const std::string& metadata) {
  if (metadata.empty()) return nullptr;
  // Printing takes a stack frame for each level: deeply nested metadata are shown as text.
  constexpr int deepest = 100;
  bool too_deep = false;
  const auto look = [&](int depth, Json::parse_event_t, Json&) {
    too_deep = too_deep || depth > deepest;
    return !too_deep;
  };
  auto parsed = Json::parse(metadata, look, false);
  return too_deep || parsed.is_discarded() ? Json(metadata) : parsed;
}

std::uint64_t lag(const shm::ReaderInfo& reader, shm::Index inserted) noexcept {
  return inserted > reader.cursor ? inserted - reader.cursor : 0;
}

}  // namespace shm::programs
