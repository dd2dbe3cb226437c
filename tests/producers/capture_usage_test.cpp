// SPDX-License-Identifier: Apache-2.0

// Errors of wrong usage, and of devices in a wrong state: one sentence, an exit code, and no files left
// behind.
#include <algorithm>
#include <chrono>

#include "capture_fixture.hpp"

namespace shm::test {
namespace {

using namespace std::chrono_literals;

class ShmAlsaUsage : public ShmAlsa {
 protected:
  void expect_refused(const std::vector<std::string>& arguments, int exit_code, const std::string& words) {
    std::vector<std::string> argv{SHM_PROGRAM_shm_alsa};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const Finished finished = run(argv, environment());
    EXPECT_EQ(finished.exit_code, exit_code) << words;
    EXPECT_NE(finished.err.find(words), std::string::npos) << finished.err;
    EXPECT_EQ(std::ranges::count(finished.err, '\n'), 1) << "one sentence: " << finished.err;
    EXPECT_TRUE(finished.err.starts_with("shm-alsa: ")) << finished.err;
    EXPECT_TRUE(finished.out.empty());
    EXPECT_TRUE(std::filesystem::is_empty(streams_.path()));
  }
};

TEST_F(ShmAlsaUsage, ExitsWith2OnWrongUsage) {
  expect_refused({}, 2, "name of a stream is missing");
  expect_refused({"mic", "--device"}, 2, "--device");
  expect_refused({"mic", "--rate", "fast"}, 2, "--rate");
  expect_refused({"mic", "--rate", "-3"}, 2, "--rate");
  expect_refused({"mic", "--channels", "0"}, 2, "--channels");
  expect_refused({"mic", "--format", "S17_LE"}, 2, "S17_LE");
  expect_refused({"mic", "--history", "0"}, 2, "--history");
  expect_refused({"mic", "--mode", "0999"}, 2, "0999");
  expect_refused({"mic", "--mode", "0040"}, 2, "owner");
  expect_refused({"mic", "--period-ms", "300"}, 2, "two periods");
  expect_refused({"mic", "--linger", "5", "--always"}, 2, "--always");
  expect_refused({"mic", "--json"}, 2, "--list");
  expect_refused({"mic", "extra"}, 2, "extra");
  expect_refused({"mic", "--no-such-option"}, 2, "no-such-option");
  expect_refused({"../mic", "-D", "sim"}, 2, "../mic");
  expect_refused({"", "-D", "sim"}, 2, "missing");
}

TEST_F(ShmAlsaUsage, ExitsWith1IfTheDeviceCannotDoIt) {
  expect_refused({"mic", "-D", "hw:CARD=nosuch"}, 1, "cannot open capture device 'hw:CARD=nosuch'");
  expect_refused({"mic", "-D", "nosuch"}, 1, "cannot open capture device 'nosuch'");
  expect_refused({"mic", "-D", "sim", "--format", "FLOAT_LE"}, 1, "it offers: S16_LE");
  expect_refused({"mic", "-D", "sim", "--channels", "7"}, 1, "cannot capture 7 channels; it offers 1");
}

TEST_F(ShmAlsaUsage, ExitsWith1IfTheDeviceIsAbsent) {
  card_.fault_unplug(60s);
  expect_refused({"mic", "-D", "sim"}, 1, "no such device at present");
}

TEST_F(ShmAlsaUsage, RefusesAnUnknownGroup) {
  const Finished finished = run(daemon_arguments({"--group", "no-such-group", "-q"}), environment());
  EXPECT_NE(finished.exit_code, 0);
  EXPECT_NE(finished.err.find("no-such-group"), std::string::npos) << finished.err;
  EXPECT_TRUE(std::filesystem::is_empty(streams_.path()));
}

TEST_F(ShmAlsaUsage, ReportsADeviceInUse) {
  const auto daemon = start_daemon({"--always"});
  attach();
  let_frames_come(2400);
  const Finished other = run({SHM_PROGRAM_shm_alsa, "other", "-D", "sim"}, environment());
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.err.find("another program is using it"), std::string::npos) << other.err;
  EXPECT_FALSE(std::filesystem::exists(streams_.path() / "other.stream"));
}

TEST_F(ShmAlsaUsage, PrintsHelpVersionAndListOnStdout) {
  for (const char* option : {"--help", "--version", "--list"}) {
    const Finished finished = run({SHM_PROGRAM_shm_alsa, option}, environment());
    EXPECT_EQ(finished.exit_code, 0) << option;
    EXPECT_FALSE(finished.out.empty()) << option;
  }
  const Finished json = run({SHM_PROGRAM_shm_alsa, "--list", "--json"}, environment());
  EXPECT_TRUE(nlohmann::json::accept(json.out)) << json.out;
}

}  // namespace
}  // namespace shm::test
