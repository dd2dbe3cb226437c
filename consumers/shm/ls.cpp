// SPDX-License-Identifier: Apache-2.0

// shm ls: the streams of a directory. Those that cannot be read are shown with the reason, in their place.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/describe.hpp"
#include "consumers/shm/table.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

struct Listed {
  std::string name;
  std::optional<shm::StreamInfo> info;
  std::optional<std::vector<shm::ReaderInfo>> readers;  // empty: this user may not look
  std::string problem;
};

Listed look_at(const std::string& name, const std::string& directory) {
  Listed listed{name, std::nullopt, std::nullopt, {}};
  try {
    listed.info = shm::stream_info(name, directory);
    listed.readers = shm::stream_readers(name, directory);
  } catch (const shm::Error& error) {
    if (!listed.info) listed.problem = error.what();
  }
  return listed;
}

std::string shortened(const std::string& text, std::size_t most) {
  return text.size() <= most ? text : text.substr(0, most - 3) + "...";
}

/// The writer, and the readers that hold it back.
std::string writer_cell(const Listed& listed) {
  std::string text = writer_text(*listed.info);
  if (!listed.info->backpressure.is_held_back) return text;
  std::string separator = ", held back by ";
  for (const shm::ReaderInfo& reader : listed.readers.value_or(std::vector<shm::ReaderInfo>{})) {
    if (!reader.holds_back) continue;
    text += std::exchange(separator, ", ") + reader_text(reader);
  }
  return text;
}

std::vector<std::string> row_of(const Listed& listed) {
  if (!listed.info) return {listed.name, "unreadable: " + listed.problem};
  const shm::StreamInfo& info = *listed.info;
  return {info.name,
          shortened(info.records ? records_text(info) : info.items.format, 40),
          bytes_text(info.file.bytes),
          std::to_string(info.items.inserted),
          std::to_string(info.items.history),
          rate_text(info.items.sample_rate),
          listed.readers ? std::to_string(listed.readers->size()) : "?",
          user_name(info.file.owner),
          writer_cell(listed)};
}

Json json_of(const Listed& listed) {
  if (!listed.info) return {{"name", listed.name}, {"error", listed.problem}};
  const shm::StreamInfo& info = *listed.info;
  Json json{{"name", info.name},
            {"format", info.items.format},
            {"item_bytes", info.items.item_bytes},
            {"file_bytes", info.file.bytes},
            {"oldest", info.items.oldest},
            {"inserted", info.items.inserted},
            {"history", info.items.history},
            {"sample_rate", info.items.sample_rate},
            {"unit", info.items.unit},
            {"records", records_json(info)},
            {"persistent", info.file.persistent},
            {"owner", owner_json(info)},
            {"writer", writer_json(info)},
            {"source", word(info.source.state)},
            {"lossless", info.lossless},
            {"dropped_items", info.backpressure.dropped_items},
            {"held_back_by", Json::array()},
            {"readers", nullptr}};
  if (!listed.readers) return json;
  json["readers"] = listed.readers->size();
  for (const shm::ReaderInfo& reader : *listed.readers) {
    if (reader.holds_back) json["held_back_by"].push_back(reader_json(reader, info.items.inserted));
  }
  return json;
}

struct LsArguments {
  std::string directory;
  bool json = false;
};

int list(const LsArguments& arguments) {
  std::vector<Listed> streams;
  for (const std::string& name : shm::list_streams(arguments.directory)) {
    streams.push_back(look_at(name, arguments.directory));
  }
  Output out;
  if (arguments.json) {
    auto all = Json::array();
    for (const Listed& listed : streams) all.push_back(json_of(listed));
    out.append(json_line(all));
  } else if (!streams.empty()) {
    std::vector<std::vector<std::string>> rows;
    for (const Listed& listed : streams) rows.push_back(row_of(listed));
    print_table(out.buffer(),
                {{"NAME"},
                 {"ITEM"},
                 {"SIZE", true},
                 {"INSERTED", true},
                 {"HISTORY", true},
                 {"RATE", true},
                 {"READERS", true},
                 {"OWNER"},
                 {"WRITER"}},
                rows);
  }
  out.flush();
  return 0;
}

}  // namespace

void add_ls(Command& app, Run& run) {
  auto arguments = std::make_shared<LsArguments>();
  Command command = app.add_command("ls", "List the streams: item type, size, writer, readers");
  add_directory_option(command, arguments->directory);
  command.add_flag("--json", arguments->json, "As one JSON array");
  command.on_chosen([arguments, &run] { run = [arguments] { return list(*arguments); }; });
}

}  // namespace shm::programs
