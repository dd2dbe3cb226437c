// SPDX-License-Identifier: Apache-2.0

// Shared parts of the tests of the simulated card: a directory, a small capture program, a child process.
#pragma once

#include <alsa/asoundlib.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "simulated_card/recording.hpp"
#include "simulated_card/simulated_card.hpp"

namespace simulated_card {

inline constexpr const char* kSpeech = "/usr/share/sounds/alsa/Front_Center.wav";

/// Removed with all its contents.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "simulated-card-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory: " + pattern);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// A program started with this environment; killed if it still runs when the object goes.
class Child {
 public:
  explicit Child(const std::vector<std::string>& argv) {
    std::vector<char*> arguments;
    for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    if (::posix_spawnp(&pid_, arguments[0], nullptr, nullptr, arguments.data(), environ) != 0) {
      throw std::runtime_error("cannot run " + argv.front());
    }
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    wait();
  }
  /// The exit code, -1 if a signal ended it.
  int wait() {
    int status = 0;
    if (pid_ > 0 && ::waitpid(pid_, &status, 0) == pid_) code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    pid_ = -1;
    return code_;
  }

 private:
  pid_t pid_ = -1;
  int code_ = -1;
};

/// A card in a directory of the test's, which ALSA programs of this process and its children find under its
/// pcm_name().
class SimulatedCardTest : public ::testing::Test {
 protected:
  SimulatedCardTest() {
    ::setenv("ALSA_CONFIG_PATH", card.config_path().c_str(), 1);
    snd_config_update_free_global();
  }
  ~SimulatedCardTest() override {
    snd_config_update_free_global();
    ::unsetenv("ALSA_CONFIG_PATH");
  }

  /// The truth of one kind.
  [[nodiscard]] std::vector<nlohmann::ordered_json> truth_of(const std::string& event) const {
    std::vector<nlohmann::ordered_json> lines;
    for (auto& line : card.truth()) {
      if (line["event"] == event) lines.push_back(line);
    }
    return lines;
  }

  TemporaryDirectory directory;
  SimulatedCard card{directory.path(), kSpeech};
  Recording recording = load_recording(kSpeech, {});
};

/// Capture as a careful program does it: non-blocking, poll, explicit start, monotonic timestamps.
class Capture {
 public:
  explicit Capture(const std::string& pcm_name, snd_pcm_uframes_t period = 240,
                   snd_pcm_uframes_t buffer = 96000) {
    open_error = snd_pcm_open(&pcm, pcm_name.c_str(), SND_PCM_STREAM_CAPTURE, SND_PCM_NONBLOCK);
    if (open_error < 0) return;
    snd_pcm_hw_params_t* hw = nullptr;
    snd_pcm_hw_params_alloca(&hw);
    check(snd_pcm_hw_params_any(pcm, hw));
    check(snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED));
    check(snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE));
    check(snd_pcm_hw_params_set_channels(pcm, hw, 1));
    check(snd_pcm_hw_params_set_rate(pcm, hw, 48000, 0));
    check(snd_pcm_hw_params_set_period_size_near(pcm, hw, &period, nullptr));
    check(snd_pcm_hw_params_set_buffer_size_near(pcm, hw, &buffer));
    check(snd_pcm_hw_params(pcm, hw));
    snd_pcm_sw_params_t* sw = nullptr;
    snd_pcm_sw_params_alloca(&sw);
    check(snd_pcm_sw_params_current(pcm, sw));
    check(snd_pcm_sw_params_set_avail_min(pcm, sw, period));
    check(snd_pcm_sw_params_set_start_threshold(pcm, sw, buffer + 1));
    check(snd_pcm_sw_params_set_tstamp_mode(pcm, sw, SND_PCM_TSTAMP_ENABLE));
    check(snd_pcm_sw_params_set_tstamp_type(pcm, sw, SND_PCM_TSTAMP_TYPE_MONOTONIC));
    check(snd_pcm_sw_params(pcm, sw));
  }
  ~Capture() { close(); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  void close() {
    if (pcm != nullptr) snd_pcm_close(pcm);
    pcm = nullptr;
  }
  /// prepare and start.
  int start() {
    const int error = snd_pcm_prepare(pcm);
    return error < 0 ? error : snd_pcm_start(pcm);
  }
  /// Reads the available frames, without waiting: a negative error or the number of frames, whose bytes are
  /// appended to `bytes`.
  long read_some() {
    std::byte chunk[4096];
    const long got = snd_pcm_readi(pcm, chunk, sizeof chunk / 2);
    if (got > 0) bytes.insert(bytes.end(), chunk, chunk + 2 * got);
    return got;
  }
  /// Reads until so many more frames are there (0) or an error comes.
  long read(std::size_t frames) {
    const std::size_t enough = bytes.size() + 2 * frames;
    while (bytes.size() < enough) {
      const long got = read_some();
      if (got == -EAGAIN) {
        snd_pcm_wait(pcm, 10'000);
      } else if (got < 0) {
        return got;
      }
    }
    return 0;
  }
  /// The error at which reading ends; there must be one.
  long read_until_error() { return read(60 * 48000); }
  [[nodiscard]] snd_pcm_state_t state() const { return snd_pcm_state(pcm); }

  snd_pcm_t* pcm = nullptr;
  int open_error = 0;
  std::vector<std::byte> bytes;  // S16 mono

 private:
  static void check(int error) {
    if (error < 0) throw std::runtime_error(snd_strerror(error));
  }
};

}  // namespace simulated_card
