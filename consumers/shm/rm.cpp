// SPDX-License-Identifier: Apache-2.0

// shm rm: removes streams by name.
#include <memory>
#include <vector>

#include "common/options.hpp"
#include "common/program.hpp"
#include "consumers/shm/command.hpp"
#include "shm/base/error.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {
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

void add_rm(Command& app, Run& run) {
  auto arguments = std::make_shared<RmArguments>();
  Command command =
      app.add_command("rm", "Remove streams; attached readers keep what they have, and see the end");
  command.add_option("STREAM", arguments->names, "Names of streams").required().type_name("");
  add_directory_option(command, arguments->directory);
  command.add_flag("-f,--force", arguments->force, "Also while it is being written");
  command.on_chosen([arguments, &run] { run = [arguments] { return remove_all(*arguments); }; });
}

}  // namespace shm::programs
