// SPDX-License-Identifier: Apache-2.0
#include "common/options.hpp"

#include <charconv>
#include <chrono>

#include "common/program.hpp"
#include "shm/storage/catalog.hpp"

namespace shm::programs {

void add_directory_option(Command& app, std::string& directory) {
  app.add_option("-d,--directory", directory,
                 "Where streams live (default: $LIBSHM_DIR, else /dev/shm/libshm)")
      .type_name("DIR");
}

void add_stream_arguments(Command& app, StreamArguments& arguments) {
  app.add_option("STREAM", arguments.stream, "Name of the stream, as `shm ls` shows it")
      .required()
      .type_name("");
  add_directory_option(app, arguments.directory);
  add_seconds_option(app, "-w,--wait", arguments.wait, "Wait so long for the stream to appear");
}

shm::ReaderOptions reader_options(const StreamArguments& arguments, const std::string& name) {
  shm::ReaderOptions options;
  options.name = name;
  options.interrupt = &stop_interrupt();
  options.directory = arguments.directory;
  // These programs handle blocks. The microseconds of a wake do not matter to them; a core that polls would.
  options.waiting = shm::WaitStrategy::sleep();
  if (arguments.wait > 0) options.wait_for_stream = std::chrono::duration<double>(arguments.wait);
  return options;
}

shm::RawReader attach(const StreamArguments& arguments, const std::string& name) {
  try {
    return {arguments.stream, shm::Start::next(), reader_options(arguments, name)};
  } catch (const shm::NotFound& error) {
    throw shm::NotFound(std::string(error.what()) + " (--wait SECONDS waits for it to appear)");
  }
}

StartPosition StartPosition::parse(const std::string& text) {
  if (text == "oldest") return {Kind::oldest, 0};
  if (text == "newest") return {Kind::newest, 0};
  if (text == "next") return {Kind::next, 0};
  StartPosition position{Kind::index, 0};
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, position.index);
  if (error != std::errc() || stopped != end) {
    throw UsageError("must be oldest, newest, next or an index, not '" + text + "'");
  }
  return position;
}

void StartPosition::seek(shm::RawReader& reader) const {
  switch (kind) {
    case Kind::oldest:
      return reader.seek(shm::Start::oldest());
    case Kind::newest:
      return reader.seek(shm::Start::newest());
    case Kind::next:
      return;  // stays where attach() put it
    case Kind::index:
      break;
  }
  if (index >= 0) return reader.seek(static_cast<shm::Index>(index));
  // From the end: as many items as there are.
  const shm::IndexRange there = reader.readable();
  const auto back = static_cast<std::uint64_t>(-(index + 1)) + 1;
  reader.seek(back < there.size() ? there.end - back : there.begin);
}

void add_start_option(Command& app, std::string& text) {
  app.add_option("--from", text, "Where to start: oldest, newest, next, an index, or -N for the newest N")
      .type_name("WHERE")
      .show_default()
      .check([](const std::string& given) -> std::string {
        try {
          static_cast<void>(StartPosition::parse(given));
          return {};
        } catch (const UsageError& error) {
          return error.what();
        }
      });
}

Option add_seconds_option(Command& app, const std::string& name, double& seconds, const std::string& help) {
  return app.add_option(name, seconds, help).type_name("SECONDS").not_negative();
}

}  // namespace shm::programs
