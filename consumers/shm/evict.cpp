// SPDX-License-Identifier: Apache-2.0

// shm evict: evicts lossless readers that stall, so that their writer continues.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/program.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "consumers/shm/describe.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

struct EvictArguments {
  std::string stream;
  std::string directory;
  std::optional<std::int32_t> pid;
  std::optional<std::string> name;
  bool all = false;
  bool json = false;
};

/// Without a choice, those that hold the writer back now.
bool is_meant(const EvictArguments& arguments, const shm::ReaderInfo& reader) {
  if (arguments.pid) return reader.pid == *arguments.pid;
  if (arguments.name) return reader.name == *arguments.name;
  return arguments.all || reader.holds_back;
}

int evict(const EvictArguments& arguments) {
  const std::vector<shm::ReaderInfo> evicted = shm::evict_readers(
      arguments.stream, [&](const shm::ReaderInfo& reader) { return is_meant(arguments, reader); },
      arguments.directory);
  const shm::StreamInfo info = shm::stream_info(arguments.stream, arguments.directory);
  Output out;
  if (arguments.json) {
    auto all = Json::array();
    for (const shm::ReaderInfo& reader : evicted) all.push_back(reader_json(reader, info.items.inserted));
    out.append(json_line({{"stream", arguments.stream}, {"evicted", all}}));
  } else {
    for (const shm::ReaderInfo& reader : evicted) {
      fmt::format_to(fmt::appender(out.buffer()), "evicted {}, at item {} of {}\n", reader_text(reader),
                     reader.acknowledged, info.items.inserted);
    }
  }
  out.flush();
  if (!evicted.empty()) return 0;
  if (!info.lossless) {
    notice(fmt::format("stream '{}' is not lossless: nobody can hold its writer back", arguments.stream));
  } else if (arguments.pid || arguments.name || arguments.all) {
    notice(fmt::format("stream '{}' has no such lossless reader (shm info shows them)", arguments.stream));
  } else {
    notice(fmt::format("nobody holds stream '{}' back", arguments.stream));
    return 0;
  }
  return 1;
}

}  // namespace

void add_evict(Command& app, Run& run) {
  auto arguments = std::make_shared<EvictArguments>();
  Command command = app.add_command(
      "evict",
      "Let the writer of a lossless stream go on: readers that hold it back do so no longer, and learn of it "
      "at their next read");
  command.add_option("STREAM", arguments->stream, "Name of the stream").required().type_name("");
  add_directory_option(command, arguments->directory);
  Option pid = command.add_option("--pid", arguments->pid, "The lossless readers of this process");
  Option name = command.add_option("--name", arguments->name, "Those with this name");
  Option all = command.add_flag("--all", arguments->all,
                                "All lossless readers; by default those that hold the writer back now");
  pid.excludes(name).excludes(all);
  name.excludes(all);
  command.add_flag("--json", arguments->json, R"(As JSON: {"stream":"a","evicted":[...]})");
  command.on_chosen([arguments, &run] { run = [arguments] { return evict(*arguments); }; });
}

}  // namespace shm::programs
