// SPDX-License-Identifier: Apache-2.0

// simulated-card-ctl: faults, truth and configuration of a simulated card from the command line.
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include "common/command_line.hpp"
#include "simulated_card/card_config.hpp"
#include "simulated_card/card_state.hpp"
#include "simulated_card/simulated_card.hpp"
#include "simulated_card/truth_log.hpp"

namespace {

using shm::programs::Command;
using shm::programs::CommandLine;
using shm::programs::UsageError;
using simulated_card::Fault;
using simulated_card::FaultKind;

constexpr int kFailed = 1;
constexpr int kUsage = 2;

struct Arguments {
  std::string state;
  Fault fault;
  std::int64_t milliseconds = 0;
  bool no_resume = false;
  simulated_card::CardConfig config;
  std::string plugin;  // of config, as texts
  std::string recording;
  std::string card_state;
};

// A directory that is not of a card is an error here, whereas CardState would make it one.
const std::string& existing(const std::string& state) {
  if (state.empty()) throw UsageError("STATE_DIR is required");
  if (!std::filesystem::exists(std::filesystem::path(state) / "card")) {
    throw std::runtime_error(state + " is not the state of a simulated card that has been opened");
  }
  return state;
}

void request(const Arguments& arguments) {
  Fault fault = arguments.fault;
  fault.duration_ns = std::chrono::nanoseconds(std::chrono::milliseconds(arguments.milliseconds)).count();
  fault.can_resume = !arguments.no_resume;
  simulated_card::CardState(existing(arguments.state)).request(fault);
}

void print_truth(const Arguments& arguments) {
  std::ifstream log(simulated_card::truth_path(existing(arguments.state)));
  for (std::string line; std::getline(log, line);) std::cout << line << '\n';
}

void print_epoch(const Arguments& arguments) {
  const std::int64_t epoch = simulated_card::CardState(existing(arguments.state)).epoch_ns();
  if (epoch == 0) throw std::runtime_error("no program has opened the card yet");
  std::cout << epoch << '\n';
}

void add_faults(Command& program, Arguments& arguments) {
  Command fault = program.add_command("fault", "Let something go wrong; each request takes effect once");
  fault.require_command();
  const auto add = [&](FaultKind kind, const std::string& text) {
    Command command = fault.add_command(std::string(name_of(kind)), text);
    command.on_chosen([&arguments, kind] {
      arguments.fault.kind = kind;
      request(arguments);
    });
    return command;
  };
  const auto add_duration = [&](Command command) {
    command.add_option("--ms", arguments.milliseconds, "For how long, in milliseconds")
        .required()
        .in_range(std::int64_t{0}, std::int64_t{86'400'000});
  };
  add(FaultKind::overrun, "As if the program missed its deadline; waits for the next run if none is going on")
      .add_option("--frames", arguments.fault.frames,
                  "Keep the program from reading for so many frames first")
      .in_range(std::int64_t{0}, std::int64_t{1} << 40);
  Command suspend = add(FaultKind::suspend, "Put the card to sleep");
  add_duration(suspend);
  suspend.add_flag("--no-resume", arguments.no_resume, "The card cannot resume, only be prepared anew");
  add_duration(add(FaultKind::unplug, "Take the card away; an open of it stays dead for ever"));
  add_duration(add(FaultKind::stall, "Let the card stand still; what is heard meanwhile is lost"));
}

void add_config(Command& program, Arguments& arguments) {
  Command config = program.add_command("config", "Print an ALSA configuration for ALSA_CONFIG_PATH");
  simulated_card::CardConfig& card = arguments.config;
  arguments.plugin = simulated_card::built_plugin();
  config.add_option("--plugin", arguments.plugin, "simulated_card.so").show_default();
  config.add_option("--file", arguments.recording, "The recording").required().existing_file();
  config.add_option("--state", arguments.card_state, "Directory for control and truth").required();
  config.add_option("--name", card.name, "Name of the pcm").show_default();
  config.add_option("--rate", card.rate, "Frames a second; default: the recording's own");
  config.add_option("--channels", card.channels, "Default: the recording's own");
  config.add_option("--format", card.format, "S16_LE, S24_3LE, S32_LE, FLOAT_LE");
  config.add_option("--epoch", card.epoch_ns, "CLOCK_MONOTONIC ns; default: the first open");
  config.on_chosen([&arguments] {
    arguments.config.plugin = arguments.plugin;
    arguments.config.recording = arguments.recording;
    arguments.config.state = arguments.card_state;
    std::cout << alsa_config(arguments.config);
  });
}

int run(int argc, char** argv) {
  CommandLine line(
      "Control a simulated sound card.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage.",
      "simulated-card-ctl");
  Arguments arguments;
  line.require_command();
  // Optional for the parser, since `config` needs no state: checked below.
  line.add_option("STATE_DIR", arguments.state, "The card's state directory (for fault, truth and epoch)");
  add_faults(line, arguments);
  line.add_command("truth", "Print the truth log, JSON lines").on_chosen([&] { print_truth(arguments); });
  line.add_command("epoch", "Print the epoch, CLOCK_MONOTONIC ns").on_chosen([&] { print_epoch(arguments); });
  add_config(line, arguments);
  if (const std::optional<int> code = line.parse(argc, argv)) return *code;
  std::cout << std::flush;
  if (!std::cout) throw std::runtime_error("cannot write to standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    std::cerr << "simulated-card-ctl: " << error.what() << "; see simulated-card-ctl --help\n";
    return kUsage;
  } catch (const std::exception& error) {
    std::cerr << "simulated-card-ctl: " << error.what() << '\n';
    return kFailed;
  }
}
