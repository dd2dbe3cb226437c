// SPDX-License-Identifier: Apache-2.0

// Fuzz target: marks, the times at which frames were captured, as a hostile or broken producer leaves them. Consumers
// follow them; the next producer continues them.
#include <vector>

#include "common/audio_stream.hpp"
#include "common/gap_log.hpp"
#include "common/marks_follower.hpp"
#include "common/text.hpp"
#include "common/timeline.hpp"
#include "shm/storage/catalog.hpp"
#include "shm/stream/writer.hpp"
#include "verification/fuzz/support/private_streams.hpp"
#include "verification/fuzz/support/reader_script.hpp"
#include "verification/fuzz/support/target.hpp"

namespace {

using namespace shm;
using namespace shm::fuzz;

std::vector<CaptureMark> some_marks(Input& input) {
  std::vector<CaptureMark> marks(input.below(12));
  Index index = 0;
  std::int64_t time = 1'000'000'000;
  for (CaptureMark& mark : marks) {
    mark.index = input.flag() ? index : input.awkward(index);
    mark.frames = input.awkward(480);
    mark.time_ns =
        input.flag() ? time : static_cast<std::int64_t>(input.awkward(static_cast<std::uint64_t>(time)));
    mark.kind = static_cast<CaptureMark::Kind>(input.below(4));
    mark.reason = static_cast<CaptureMark::Reason>(input.below(8));
    index = mark.index + mark.frames;
    time += 10'000'000;
  }
  return marks;
}

double some_rate(Input& input) {
  switch (input.below(4)) {
    case 0:
      return 48000;
    case 1:
      return input.number<double>();
    case 2:
      return 1e-300;
    default:
      return static_cast<double>(input.number<std::uint32_t>());
  }
}

void follow(Input& input, double rate) {
  attempt([&] {
    StreamInfo frames = stream_info(stream_name);
    frames.file.created_realtime_ns = static_cast<std::int64_t>(input.awkward(0));
    frames.clock.realtime_minus_clock_ns = static_cast<std::int64_t>(input.awkward(0));
    programs::MarksFollower follower(frames, {});
    programs::GapLog gaps;
    follower.poll(
        {.mark = [&](const CaptureMark& mark) { gaps.add(mark); }, .anew = [&] { gaps.forget_all(); }});
    const IndexRange range{input.awkward(0), input.awkward(1000)};
    static_cast<void>(follower.time_of(range.begin, rate));
    const std::vector<programs::Gap> within = gaps.within(range);
    SHM_FUZZ_CHECK(within.empty() || frames_of(within) > 0);
    static_cast<void>(gaps.count_beginning_in(range));
    gaps.forget_before(range.end);
    SHM_FUZZ_CHECK(gaps.within({0, range.end}).size() <= 12);
  });
}

/// Runs the next producer.
void take_up(Input& input, double rate) {
  programs::Timeline timeline({.rate = 48000, .longest_gap = 48000});
  attempt([&] {
    programs::AudioStream out(stream_name,
                              {.sample = SampleFormat::S16_LE, .channels = 2, .rate = rate, .device = {}},
                              {.history_frames = 480, .marks_history = 64, .persistent = true});
    if (const auto due = out.due_after_crash()) {
      timeline.resume(out.inserted(), *due, CaptureMark::Reason::restart);
      // A well-behaved device: its own clock, at any time in its range.
      const auto measured = static_cast<std::int64_t>(input.awkward(1'000'000'000) / 4);
      const auto arrival = timeline.arrive(out.inserted(), measured);
      SHM_FUZZ_CHECK(arrival.gap_frames <= 48000);
      out.publish_silence(std::min<std::uint64_t>(arrival.gap_frames, 480), arrival.gap_time_ns,
                          arrival.reason);
    }
    const std::span<std::byte> slots = out.claim(10);
    programs::fill_silence(SampleFormat::S16_LE, slots);
    out.publish_block(
        {.frames = 10, .time_ns = static_cast<std::int64_t>(input.awkward(0)), .is_start = true});
    out.publish_stop(static_cast<std::int64_t>(input.awkward(0)));
  });
}

}  // namespace

SHM_FUZZ_TARGET(capture_marks) {
  StreamBytes sound = left_sound();
  StreamBytes marks = left_marks();
  if (input.flag()) damage(sound, input);
  if (input.flag()) damage(marks, input);
  put_stream(stream_name, sound);
  const double rate = some_rate(input);
  const std::vector<CaptureMark> given = some_marks(input);
  static_cast<void>(programs::due_by_marks(given, input.awkward(1000), rate > 0 ? rate : 1));
  if (given.empty()) {
    put_stream(marks_name(stream_name), marks);
  } else {
    // A format without a field for the time: then the time may be anything.
    Writer<CaptureMark> out(marks_name(stream_name), {.history = 64, .persistent = true});
    out.append(given);
    out.detach();
  }
  follow(input, rate);
  take_up(input, input.flag() ? 48000 : rate);
  follow(input, rate);
  clear_directory();
}
