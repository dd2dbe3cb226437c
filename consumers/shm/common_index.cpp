// SPDX-License-Identifier: Apache-2.0
#include "consumers/shm/common_index.hpp"

#include "consumers/shm/records.hpp"

namespace shm::programs {

void add_streams_arguments(Command& app, std::vector<std::string>& streams, std::string& directory,
                           double& wait) {
  app.add_option("STREAM", streams, "Names of the streams, as `shm ls` shows them").required().type_name("");
  add_directory_option(app, directory);
  add_seconds_option(app, "-w,--wait", wait, "Wait so long for each stream to appear");
}

IndexedStream::IndexedStream(const StreamArguments& arguments, const std::string& program)
    : items_(attach(arguments, program)),
      records_(attach_records(*items_, arguments, program)),
      time_(reader()) {
  if (records_) items_.reset();
}

CommonIndex IndexedStream::index() const {
  const StreamTime time = time_;
  return {time.keys(), [time](std::int64_t realtime) { return time.key_of_realtime(realtime); },
          [time](std::int64_t key) { return time.realtime_of(key); }};
}

void IndexedStream::begin_at(const TimeSpan& span) {
  span.since.empty() ? reader().seek(shm::Start::oldest()) : seek_since(reader(), time_, span);
}

std::int64_t IndexedStream::until(const TimeSpan& span) const {
  return span.until.empty() ? INT64_MAX : time_.realtime_of(time_.key_of(span.until));
}

}  // namespace shm::programs
