// SPDX-License-Identifier: Apache-2.0
#include "producers/alsa/options.hpp"

#include <cmath>

#include "producers/alsa/device_list.hpp"
#include "producers/alsa/pcm_format.hpp"

namespace shm::programs {
namespace {

std::string valid_format(const std::string& name) {
  if (sample_format(name)) return {};
  return "'" + name +
         "' is no sample format; known: U8, S16_LE, S24_3LE, S24_LE, S32_LE, FLOAT_LE, FLOAT64_LE";
}

}  // namespace

void add_alsa_options(Command& app, AlsaOptions& options) {
  app.add_option("STREAM", options.common.stream,
                 "Stream to write, such as lab/mic; its marks go to STREAM.marks");
  app.add_option("-D,--device", options.device, "ALSA capture device: hw:CARD=PCH, default, ... (see --list)")
      .show_default();
  app.add_option("-r,--rate", options.rate, "Frames per second; the nearest that the device has is used")
      .show_default()
      .in_range(1000U, 768000U);
  app.add_option("-c,--channels", options.channels,
                 "Channels; default: 2 if the device has them, else 1, else its own")
      .in_range(1U, 1024U);
  app.add_option(
         "-f,--format", options.formats,
         "Sample format, or several in order of preference, with commas; default: S16_LE, then by resolution")
      .delimiter(',')
      .type_name("FORMAT")
      .check(valid_format);
  app.add_option("--period-ms", options.period_ms, "How often the device is read")
      .show_default()
      .in_range(1.0, 1000.0);
  app.add_option("--buffer-ms", options.buffer_ms,
                 "How long the device can be left unread; does not add latency")
      .show_default()
      .in_range(2.0, 60000.0);
  app.add_option("--fill-limit", options.fill_limit_seconds,
                 "Lost sound up to this long becomes silence; after longer losses capture starts anew")
      .show_default()
      .in_range(0.0, 3600.0)
      .type_name("SECONDS");
  Option always = app.add_flag("--always", options.always, "Capture whether or not somebody reads");
  app.add_option("--linger", options.linger_ms, "Go on for so long after the last reader has left")
      .excludes(always)
      .show_default()
      .in_range(0U, 86'400'000U)
      .type_name("MS");
  app.add_flag("--no-realtime", options.no_realtime, "Do not ask for real-time scheduling and locked memory");
  app.add_option("--priority", options.priority, "Real-time priority; interrupts are served at 50")
      .show_default()
      .in_range(1, 49);
  Option list = app.add_flag("--list", options.list, "Show capture devices by their stable names, and exit");
  app.add_flag("--json", options.json, "With --list: as JSON").needs(list);
  add_daemon_options(app, options.common);
  app.footer(
      "The device is opened when the first reader enters and closed when the last has left, unless "
      "--always.\n"
      "Stops on SIGTERM and SIGINT. Exit code: 0 done, 1 failed, 2 wrong usage. See docs/capture.md.");
}

PcmRequest AlsaOptions::request() const {
  if (common.stream.empty()) throw UsageError("the name of a stream is missing");
  if (period_ms * 2 > buffer_ms) {
    throw UsageError("the buffer (--buffer-ms) must hold two periods (--period-ms) at least");
  }
  PcmRequest request;
  request.device = stable_name(device);
  if (formats.empty()) request.formats.assign(preferred_formats.begin(), preferred_formats.end());
  for (const std::string& name : formats) request.formats.push_back(sample_format(name).value());
  if (channels != 0) request.channels = channels;
  request.rate = rate;
  request.period_us = static_cast<unsigned>(std::lround(period_ms * 1000));
  request.buffer_us = static_cast<unsigned>(std::lround(buffer_ms * 1000));
  return request;
}

}  // namespace shm::programs
