// SPDX-License-Identifier: Apache-2.0

// shm gc: removes streams that have neither a writer nor readers.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

#include "common/json.hpp"
#include "common/options.hpp"
#include "common/output.hpp"
#include "common/text.hpp"
#include "consumers/shm/command.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
namespace {

struct GcArguments {
  std::string directory;
  shm::GarbageOptions options;
  bool json = false;
};

int collect(const GcArguments& arguments) {
  const std::vector<std::string> names = shm::collect_garbage(arguments.options, arguments.directory);
  Output out;
  if (arguments.json) {
    out.append(json_line({{"dry_run", arguments.options.dry_run}, {"removed", names}}));
  } else {
    const char* verb = arguments.options.dry_run ? "would remove" : "removed";
    for (const std::string& name : names) fmt::format_to(fmt::appender(out.buffer()), "{} {}\n", verb, name);
  }
  out.flush();
  return 0;
}

}  // namespace

void add_gc(Command& app, Run& run) {
  auto arguments = std::make_shared<GcArguments>();
  Command command = app.add_command("gc", "Remove streams that nobody writes and nobody reads");
  add_directory_option(command, arguments->directory);
  command.add_flag("-n,--dry-run", arguments->options.dry_run, "Only say what would go");
  command.add_flag("--persistent", arguments->options.persistent, "Also streams that were made persistent");
  command.add_flag("--json", arguments->json, R"(As JSON: {"dry_run":false,"removed":[...]})");
  command.on_chosen([arguments, &run] { run = [arguments] { return collect(*arguments); }; });
}

}  // namespace shm::programs
