// SPDX-License-Identifier: Apache-2.0

// shm info: prints all facts about one stream.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/describe.hpp"
#include "consumers/shm/table.hpp"
#include "shm/base/error.hpp"
#include "shm/format/item_format.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

using Buffer = Output::Buffer;

struct Readers {
  std::optional<std::vector<shm::ReaderInfo>> all;
  std::string problem;
};

Readers readers_of(const std::string& name, const std::string& directory) {
  try {
    return {shm::stream_readers(name, directory), {}};
  } catch (const shm::Error& error) {
    return {std::nullopt, error.what()};
  }
}

void line(Buffer& out, std::string_view title, std::string_view text) {
  fmt::format_to(fmt::appender(out), "{:<12}{}\n", title, printable(text));
}

void print_field(Buffer& out, const shm::FormatField& field, int depth) {
  fmt::format_to(fmt::appender(out), "  {:>6}  {:{}}{:<16} {}\n", field.offset, "", depth * 2,
                 field.name.empty() ? "-" : printable(field.name), type_word(field));
  for (const shm::FormatField& inner : field.fields) print_field(out, inner, depth + 1);
}

void print_fields(Buffer& out, const shm::ItemFormat& format) {
  const shm::FormatField& root = format.root();
  if (root.fields.empty()) return line(out, "item", type_word(root));
  line(out, "item", type_word(root) + ", fields by offset:");
  for (const shm::FormatField& field : root.fields) print_field(out, field, 0);
}

std::string indented(const std::string& text) {
  const std::string shown = printable(text);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    result += text[i] == '\n' ? '\n' + std::string(12, ' ') : std::string(1, shown[i]);
  }
  return result;
}

std::string lossless_text(const shm::ReaderInfo& reader) {
  if (!reader.lossless) return "no";
  return fmt::format("{} {}", reader.holds_back ? "holds back at" : "has read to", reader.acknowledged);
}

void print_readers(Buffer& out, const Readers& readers, shm::Index inserted) {
  if (!readers.all) return line(out, "readers", "unknown: " + readers.problem);
  line(out, "readers", std::to_string(readers.all->size()));
  if (readers.all->empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const shm::ReaderInfo& reader : *readers.all) {
    rows.push_back({"", std::to_string(reader.pid), reader.program, reader.name,
                    std::to_string(reader.cursor), std::to_string(lag(reader, inserted)),
                    std::to_string(reader.lost_items), lossless_text(reader), reader.entered ? "yes" : "no",
                    time_text(reader.attached_realtime_ns)});
  }
  print_table(out,
              {{""},
               {"PID", true},
               {"PROGRAM"},
               {"NAME"},
               {"CURSOR", true},
               {"LAG", true},
               {"LOST", true},
               {"LOSSLESS"},
               {"ENTERED"},
               {"SINCE"}},
              rows);
}

void print_text(Buffer& out, const shm::StreamInfo& info, const Readers& readers) {
  line(out, "name", info.name);
  line(out, "path", info.file.path);
  line(out, "owner", owner_text(info));
  line(out, "format", info.items.format);
  print_fields(out, shm::ItemFormat(info.items.format));
  line(out, "item size", count_text(info.items.item_bytes, "byte"));
  if (info.records) {
    line(out, "records",
         fmt::format("{}of up to {}, {} guaranteed, {} inserted",
                     info.records->media_type.empty() ? "" : info.records->media_type + ", ",
                     count_text(info.records->max_record_bytes, "byte"),
                     bytes_text(info.records->history_bytes), bytes_text(info.records->bytes_inserted)));
  }
  line(out, "items",
       fmt::format("{} inserted, {} to {} (exclusive) readable", info.items.inserted, info.items.oldest,
                   info.items.inserted));
  line(out, "history",
       fmt::format("{} items guaranteed, {} slots, claims of up to {}", info.items.history,
                   info.items.capacity, info.items.max_claim));
  line(out, "file size", bytes_text(info.file.bytes));
  line(out, "rate", rate_text(info.items.sample_rate));
  if (!info.items.unit.empty()) line(out, "unit", info.items.unit);
  if (info.timestamp.kind != shm::Timestamp::Kind::none) {
    line(out, "timestamp",
         fmt::format("{} {} ({} bytes at offset {})", word(info.timestamp.kind), info.timestamp.name,
                     info.timestamp.bytes, info.timestamp.offset));
  }
  if (info.ledger) {
    line(out, "ledger",
         fmt::format("{} anchors at most, {} written", info.ledger->anchors, info.ledger->written));
  }
  if (info.buckets) {
    line(out, "buckets", fmt::format("{} of {} each", info.buckets->count, info.buckets->quantum));
  }
  if (info.lossless) {
    line(out, "lossless",
         fmt::format("yes{}, {} dropped", info.backpressure.is_held_back ? ", held back" : "",
                     count_text(info.backpressure.dropped_items, "item")));
  }
  line(out, "clock", clock_word(info.clock.id));
  line(out, "created", time_text(info.file.created_realtime_ns));
  line(out, "persistent", info.file.persistent ? "yes" : "no");
  line(out, "writer",
       fmt::format("{}: {} {}, number {}{}", word(info.writer.state), info.writer.program, info.writer.pid,
                   info.writer.epoch, info.writer.fences ? ", fences" : ""));
  line(out, "source",
       info.source.error.empty() || info.source.state != shm::layout::SourceState::failed
           ? std::string(word(info.source.state))
           : fmt::format("failed: {}", info.source.error));
  if (!info.metadata.empty()) {
    const auto json = metadata_json(info.metadata);
    fmt::format_to(fmt::appender(out), "{:<12}{}\n", "metadata",
                   indented(json.dump(2, ' ', false, Json::error_handler_t::replace)));
  }
  print_readers(out, readers, info.items.inserted);
}

Json json_of(const shm::StreamInfo& info, const Readers& readers) {
  Json json{{"name", info.name},
            {"path", info.file.path},
            {"format", info.items.format},
            {"item", field_json(shm::ItemFormat(info.items.format).root())},
            {"item_bytes", info.items.item_bytes},
            {"first_index", info.items.first_index},
            {"oldest", info.items.oldest},
            {"inserted", info.items.inserted},
            {"history", info.items.history},
            {"capacity", info.items.capacity},
            {"max_claim", info.items.max_claim},
            {"file_bytes", info.file.bytes},
            {"sample_rate", info.items.sample_rate},
            {"unit", info.items.unit},
            {"timestamp",
             {{"kind", word(info.timestamp.kind)},
              {"field", info.timestamp.name},
              {"offset", info.timestamp.offset},
              {"bytes", info.timestamp.bytes}}},
            {"ledger", nullptr},
            {"buckets", nullptr},
            {"records", records_json(info)},
            {"lossless", info.lossless},
            {"is_held_back", info.backpressure.is_held_back},
            {"dropped_items", info.backpressure.dropped_items},
            {"clock", clock_word(info.clock.id)},
            {"realtime_minus_clock_ns", info.clock.realtime_minus_clock_ns},
            {"created_realtime_ns", info.file.created_realtime_ns},
            {"persistent", info.file.persistent},
            {"owner", owner_json(info)},
            {"group", {{"gid", info.file.group}, {"name", group_name(info.file.group)}}},
            {"mode", fmt::format("{:04o}", info.file.mode)},
            {"writer", writer_json(info)}};
  if (info.ledger) {
    json["ledger"] = {{"anchors", info.ledger->anchors}, {"written", info.ledger->written}};
  }
  if (info.buckets) {
    json["buckets"] = {{"count", info.buckets->count}, {"quantum", info.buckets->quantum}};
  }
  json["writer"]["epoch"] = info.writer.epoch;
  json["writer"]["fences"] = info.writer.fences;
  json["source"] = {{"state", word(info.source.state)}, {"error", info.source.error}};
  json["metadata"] = metadata_json(info.metadata);
  json["readers"] = nullptr;
  if (readers.all) {
    json["readers"] = Json::array();
    for (const shm::ReaderInfo& reader : *readers.all)
      json["readers"].push_back(reader_json(reader, info.items.inserted));
  } else {
    json["readers_error"] = readers.problem;
  }
  return json;
}

struct InfoArguments {
  std::string name;
  std::string directory;
  bool json = false;
};

int describe(const InfoArguments& arguments) {
  const shm::StreamInfo info = shm::stream_info(arguments.name, arguments.directory);
  const Readers readers = readers_of(arguments.name, arguments.directory);
  Output out;
  if (arguments.json) {
    out.append(json_line(json_of(info, readers)));
  } else {
    print_text(out.buffer(), info, readers);
  }
  out.flush();
  return 0;
}

}  // namespace

void add_info(Command& app, Run& run) {
  auto arguments = std::make_shared<InfoArguments>();
  Command command =
      app.add_command("info", "Tell everything of one stream: fields, metadata, writer, readers");
  command.add_option("STREAM", arguments->name, "Name of the stream").required().type_name("");
  add_directory_option(command, arguments->directory);
  command.add_flag("--json", arguments->json, "As one JSON object");
  command.on_chosen([arguments, &run] { run = [arguments] { return describe(*arguments); }; });
}

}  // namespace shm::programs
