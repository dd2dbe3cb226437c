// SPDX-License-Identifier: Apache-2.0

// shm rm: removes streams by name.
#include <memory>
#include <vector>

#include "common/options.hpp"
#include "common/program.hpp"
#include "consumers/shm/command.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::consumers {
namespace {

struct RmArguments {
  std::vector<std::string> names;
  std::string directory;
  bool force = false;
};

int remove_all(const RmArguments& arguments) {
  bool failed = false;
  for (const std::string& name : arguments.names) {
    try {
      shm::remove_stream(name, arguments.force, arguments.directory);
    } catch (const shm::WriterExists& error) {
      notice(std::string(error.what()) + "; --force removes it all the same");
      failed = true;
    } catch (const shm::Error& error) {
      notice(error.what());
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

}  // namespace

void add_rm(CLI::App& app, Run& run) {
  auto arguments = std::make_shared<RmArguments>();
  CLI::App* command =
      app.add_subcommand("rm", "Remove streams; attached readers keep what they have, and see the end");
  command->add_option("STREAM", arguments->names, "Names of streams")->required()->type_name("");
  add_directory_option(*command, arguments->directory);
  command->add_flag("-f,--force", arguments->force, "Also while it is being written");
  command->callback([arguments, &run] { run = [arguments] { return remove_all(*arguments); }; });
}

}  // namespace shm::consumers
