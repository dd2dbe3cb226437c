// SPDX-License-Identifier: Apache-2.0
#include "consumers/pipe/options.hpp"

#include <memory>

namespace shm::programs {
namespace {

void add_framing_options(Command& command, Framing& framing) {
  Option lines = command.add_flag(
      "--lines", [&framing] { framing = Framing::lines; },
      "A record is a line, without its newline (default)");
  command
      .add_flag(
          "--length-prefixed", [&framing] { framing = Framing::length_prefixed; },
          "A record follows its length: 32 bits, little endian")
      .excludes(lines);
}

void add_size_option(Command& command, const std::string& name, std::uint64_t& bytes,
                     const std::string& help) {
  command.add_option(name, bytes, help).type_name("SIZE").size_with_unit();
}

Option add_count_option(Command& command, const std::string& name, std::uint64_t& count,
                        const std::string& help) {
  return command.add_option(name, count, help).type_name("COUNT").positive();
}

void add_write(Command& app, std::function<int()>& run) {
  auto arguments = std::make_shared<PipeWriteArguments>();
  Command command = app.add_command("write", "stdin becomes records of a stream");
  command.add_option("STREAM", arguments->stream, "Name of the stream, which is made")
      .required()
      .type_name("");
  add_directory_option(command, arguments->directory);
  add_framing_options(command, arguments->framing);
  add_count_option(command, "--history", arguments->history,
                   "Records that are kept, as far as --history-bytes goes (21845)");
  add_size_option(command, "--history-bytes", arguments->history_bytes,
                  "Bytes of records that are kept, as far as --history goes (4M)");
  add_size_option(command, "--max-record", arguments->max_record,
                  "The largest record (a quarter of what is kept)");
  command
      .add_option("--media-type", arguments->media_type,
                  "What the records are, for who reads them: text/plain, application/json")
      .type_name("TYPE");
  command.add_flag("--stamp", arguments->stamp,
                   "Give each record the time at which it came (CLOCK_MONOTONIC)");
  command.add_flag("--lossless", arguments->lossless,
                   "Wait for readers that want to lose nothing (shm-pipe read --lossless)");
  add_count_option(command, "--readers", arguments->readers, "Begin when so many readers are attached");
  command.add_flag("--persistent", arguments->persistent, "Keep the stream when stdin ends");
  command
      .add_option("--mode", arguments->mode_text, "Who may read it: 0600 you, 0640 a group, 0644 everybody")
      .type_name("MODE")
      .show_default()
      .check([](const std::string& text) {
        const bool octal =
            !text.empty() && text.size() <= 4 && text.find_first_not_of("01234567") == std::string::npos;
        return octal ? std::string() : "'" + text + "' is no mode in octal digits";
      });
  command.add_option("--group", arguments->group, "Group of the stream, by name or number")
      .type_name("GROUP");
  command.footer(
      "When stdin ends so does the stream: readers that are attached read on to its end, and unless it is "
      "--persistent\n"
      "it is gone for others. A last line without a newline is a record, too. A record that is larger than "
      "the stream\n"
      "takes is an error; what came before it was appended. SIZE may end in k, M, G (of 1024).");
  command.on_chosen([arguments, &run] { run = [arguments] { return pipe_write(*arguments); }; });
}

void add_read(Command& app, std::function<int()>& run) {
  auto arguments = std::make_shared<PipeReadArguments>();
  Command command = app.add_command("read", "Records of a stream go to stdout");
  add_stream_arguments(command, arguments->stream);
  add_framing_options(command, arguments->framing);
  add_start_option(command, arguments->from);
  add_count_option(command, "-n,--count", arguments->count,
                   "Stop after so many records; with --follow, wait for them");
  command.add_flag("-f,--follow", arguments->follow, "Wait for more, until the stream ends");
  command.add_flag("--lossless", arguments->lossless,
                   "Lose nothing: hold the writer back (of a stream that was made lossless)");
  command.footer(
      "As lines, each record gets a newline unless it ends with one; of a record with one inside it is said "
      "on stderr\n"
      "that it is more than one line. What was overwritten before it could be read is told on stderr.");
  command.on_chosen([arguments, &run] { run = [arguments] { return pipe_read(*arguments); }; });
}

}  // namespace

void add_pipe_commands(Command& app, std::function<int()>& run) {
  app.require_command();
  add_write(app, run);
  add_read(app, run);
}

}  // namespace shm::programs
