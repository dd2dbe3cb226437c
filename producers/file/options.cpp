// SPDX-License-Identifier: Apache-2.0

// The command line of shm-file.
#include "producers/file/player.hpp"

namespace shm::programs {
namespace {

std::string valid_format(const std::string& name) {
  if (sample_format(name)) return {};
  return "'" + name +
         "' is no sample format; known: U8, S16_LE, S24_3LE, S24_LE, S32_LE, FLOAT_LE, FLOAT64_LE";
}

std::string valid_readers(const std::string& text) {
  const bool named = text.find_first_not_of(',') != std::string::npos;
  return named ? std::string() : "needs the names of readers, or all";
}

}  // namespace

void add_file_options(Command& app, FileOptions& options) {
  app.add_option("STREAM", options.common.stream,
                 "Stream to write, such as lab/mic; its marks go to STREAM.marks")
      .required();
  app.add_option("FILE", options.file, "WAV, FLAC, ... (what libsndfile reads), or raw frames with --raw")
      .required();
  Option loop = app.add_flag("--loop", options.loop, "Play it again and again, without a seam");
  app.add_flag("--once", options.once, "Play it once, then end the stream (the default)").excludes(loop);
  Option speed =
      app.add_option("--speed", options.speed, "Play so many times as fast; the stream's rate stays")
          .show_default()
          .in_range(0.001, 10000.0)
          .type_name("X");
  Option fast =
      app.add_option(
             "--as-fast-as", options.as_fast_as,
             "Do not go by the clock, but as fast as these readers read: their names or programs, with "
             "commas, or all")
          .check(valid_readers)
          .excludes(speed)
          .type_name("READERS");
  app.add_option(
         "--wait-readers", options.wait_readers,
         "With --as-fast-as: begin when so many are attached; default: one for each name, or one of all")
      .needs(fast)
      .in_range(1U, 256U)
      .type_name("N");
  app.add_flag("--wait-reader", options.wait_reader, "Begin when a reader enters");
  app.add_option("--block-ms", options.block_ms, "Frames are published in blocks of so long")
      .show_default()
      .in_range(0.1, 1000.0);
  app.add_flag("--raw", options.raw, "FILE has no header: frames as --rate, --channels and --format say");
  app.add_option("-r,--rate", options.rate, "Frames per second of a raw file").in_range(1.0, 10e6);
  app.add_option("-c,--channels", options.channels, "Channels of a raw file").in_range(1U, 1024U);
  app.add_option("-f,--format", options.format, "Sample format of a raw file")
      .type_name("FORMAT")
      .check(valid_format);
  add_daemon_options(app, options.common);
  app.footer(
      "The stream has the file's own sample format, bit for bit. It ends with the file: readers get all of "
      "it.\n"
      "Stops on SIGTERM and SIGINT. Exit code: 0 done, 1 failed, 2 wrong usage. See docs/capture.md.");
}

}  // namespace shm::programs
