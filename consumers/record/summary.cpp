// SPDX-License-Identifier: Apache-2.0
#include "consumers/record/summary.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "common/json.hpp"
#include "common/text.hpp"
#include "shm/time/time_text.hpp"

namespace shm::programs {
namespace {

constexpr std::size_t most_ranges = 20;

std::string range_text(shm::IndexRange range) { return fmt::format("{} to {}", range.begin, range.end - 1); }

/// The first entries, and the number of the others.
template <class T, class Text>
std::string list_text(const std::vector<T>& all, Text text) {
  std::string list;
  for (std::size_t i = 0; i < all.size() && i < most_ranges; ++i) list += (i == 0 ? "" : ", ") + text(all[i]);
  if (all.size() > most_ranges) list += fmt::format(", and {} more", all.size() - most_ranges);
  return list;
}

}  // namespace

std::string_view word(EndReason reason) noexcept {
  switch (reason) {
    case EndReason::ended:
      return "ended";
    case EndReason::limit:
      return "limit";
    case EndReason::stopped:
      return "stopped";
    case EndReason::replaced:
      return "replaced";
    case EndReason::write_failed:
      return "write_failed";
    case EndReason::failed:
      return "failed";
  }
  return "?";
}

std::uint64_t RecordingSummary::lost_frames() const {
  std::uint64_t n = 0;
  for (const shm::IndexRange& range : lost) n += range.size();
  return n;
}

std::vector<std::string> RecordingSummary::text() const {
  std::vector<std::string> lines;
  std::string what = fmt::format("{}: {} ({:.3f} s), {}, {}, {} Hz", file, count_text(frames, "frame"),
                                 seconds(), container, count_text(audio.channels, "channel"), audio.rate);
  if (end_index > first_index) what += ", frames " + range_text({first_index, end_index}) + " of the stream";
  lines.push_back(std::move(what));
  if (began_ns) {
    lines.push_back(fmt::format("began at {} (to {:.3f} ms)", shm::iso_time(*began_ns),
                                static_cast<double>(began_uncertainty_ns) / 1e6));
  }
  if (lost.empty()) {
    lines.emplace_back("nothing lost by this recorder");
  } else {
    lines.push_back(fmt::format(
        "lost {} in {} ({}): {}", count_text(lost_frames(), "frame"), count_text(lost.size(), "range"),
        filled_frames > 0 ? "silence in the file" : "left out of the file", list_text(lost, range_text)));
  }
  if (!gaps.empty()) {
    lines.push_back(fmt::format("{} told by the producer ({}, silence): {}", count_text(gaps.size(), "gap"),
                                count_text(frames_of(gaps), "frame"), list_text(gaps, [](const Gap& gap) {
                                  return fmt::format("{} ({})", range_text(gap.frames),
                                                     shm::to_string(gap.reason));
                                })));
  } else if (has_marks) {
    lines.emplace_back("no gaps told by the producer");
  } else {
    lines.emplace_back("the stream has no marks: whether its producer lost anything is not known");
  }
  if (marks_lost > 0) {
    lines.push_back(fmt::format("{} lost: there may be more gaps", count_text(marks_lost, "capture mark")));
  }
  if (!resumed.empty()) {
    lines.push_back("capture began anew at: " + list_text(resumed, [](const shm::CaptureMark& mark) {
                      return fmt::format("{} ({})", mark.index, shm::to_string(mark.reason));
                    }));
  }
  if (!detail.empty()) lines.push_back(detail);
  return lines;
}

std::string RecordingSummary::json() const {
  auto lost_ranges = Json::array();
  for (const shm::IndexRange& range : lost)
    lost_ranges.push_back({{"begin", range.begin}, {"end", range.end}});
  auto gap_ranges = Json::array();
  for (const Gap& gap : gaps) {
    gap_ranges.push_back(
        {{"begin", gap.frames.begin}, {"end", gap.frames.end}, {"reason", shm::to_string(gap.reason)}});
  }
  auto anew = Json::array();
  for (const shm::CaptureMark& mark : resumed) {
    anew.push_back({{"index", mark.index}, {"reason", shm::to_string(mark.reason)}});
  }
  return json_line({{"stream", stream},
                    {"file", file},
                    {"container", container},
                    {"sample_format", shm::to_string(audio.sample)},
                    {"channels", audio.channels},
                    {"rate", audio.rate},
                    {"frames", frames},
                    {"seconds", seconds()},
                    {"first_index", first_index},
                    {"end_index", end_index},
                    {"began", began_ns ? Json(shm::iso_time(*began_ns)) : Json()},
                    {"began_ns", began_ns ? Json(*began_ns) : Json()},
                    {"began_uncertainty_ns", began_uncertainty_ns},
                    {"lost_frames", lost_frames()},
                    {"lost", std::move(lost_ranges)},
                    {"filled_frames", filled_frames},
                    {"has_marks", has_marks},
                    {"marks_lost", marks_lost},
                    {"gap_frames", frames_of(gaps)},
                    {"gaps", std::move(gap_ranges)},
                    {"resumed", std::move(anew)},
                    {"reason", word(reason)},
                    {"detail", detail}});
}

}  // namespace shm::programs
