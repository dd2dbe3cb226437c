// SPDX-License-Identifier: Apache-2.0

// simulated-card-ctl: faults, truth and configuration of a simulated card from the command line.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>

#include "simulated_card/card_config.hpp"
#include "simulated_card/card_state.hpp"
#include "simulated_card/simulated_card.hpp"
#include "simulated_card/truth_log.hpp"

namespace {

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
};

// A directory that is not a card's is an error here, where CardState would make it one.
const std::string& existing(const std::string& state) {
  if (state.empty()) throw CLI::RequiredError("STATE_DIR");
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

void add_faults(CLI::App& app, Arguments& arguments) {
  CLI::App* fault = app.add_subcommand("fault", "Let something go wrong; each request takes effect once");
  fault->require_subcommand(1);
  const auto add = [&](FaultKind kind, const std::string& text) {
    CLI::App* command = fault->add_subcommand(std::string(name_of(kind)), text);
    command->callback([&arguments, kind] {
      arguments.fault.kind = kind;
      request(arguments);
    });
    return command;
  };
  const auto add_duration = [&](CLI::App* command) {
    command->add_option("--ms", arguments.milliseconds, "For how long, in milliseconds")
        ->required()
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{86'400'000}));
  };
  add(FaultKind::overrun, "As if the program missed its deadline; waits for the next run if none is going on")
      ->add_option("--frames", arguments.fault.frames,
                   "Keep the program from reading for so many frames first")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  CLI::App* suspend = add(FaultKind::suspend, "Put the card to sleep");
  add_duration(suspend);
  suspend->add_flag("--no-resume", arguments.no_resume, "The card cannot resume, only be prepared anew");
  add_duration(add(FaultKind::unplug, "Take the card away; an open of it stays dead for ever"));
  add_duration(add(FaultKind::stall, "Let the card stand still; what is heard meanwhile is lost"));
}

void add_config(CLI::App& app, Arguments& arguments) {
  CLI::App* config = app.add_subcommand("config", "Print an ALSA configuration for ALSA_CONFIG_PATH");
  arguments.config.plugin = simulated_card::built_plugin();
  config->add_option("--plugin", arguments.config.plugin, "simulated_card.so")->capture_default_str();
  config->add_option("--file", arguments.config.recording, "The recording")
      ->required()
      ->check(CLI::ExistingFile);
  config->add_option("--state", arguments.config.state, "Directory for control and truth")->required();
  config->add_option("--name", arguments.config.name, "Name of the pcm")->capture_default_str();
  config->add_option("--rate", arguments.config.rate, "Frames a second; default: the recording's own");
  config->add_option("--channels", arguments.config.channels, "Default: the recording's own");
  config->add_option("--format", arguments.config.format, "S16_LE, S24_3LE, S32_LE, FLOAT_LE");
  config->add_option("--epoch", arguments.config.epoch_ns, "CLOCK_MONOTONIC ns; default: the first open");
  config->callback([&arguments] { std::cout << alsa_config(arguments.config); });
}

int run(int argc, char** argv) {
  CLI::App app(
      "Control a simulated sound card.\n"
      "Exit codes: 0 done, 1 failed, 2 wrong usage.");
  Arguments arguments;
  app.require_subcommand(1);
  // Optional for the parser, since `config` has no state to name: checked below.
  app.add_option("STATE_DIR", arguments.state, "The card's state directory (for fault, truth and epoch)");
  add_faults(app, arguments);
  app.add_subcommand("truth", "Print the truth log, JSON lines")->callback([&] { print_truth(arguments); });
  app.add_subcommand("epoch", "Print the epoch, CLOCK_MONOTONIC ns")->callback([&] {
    print_epoch(arguments);
  });
  add_config(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  std::cout << std::flush;
  if (!std::cout) throw std::runtime_error("cannot write to standard output");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "simulated-card-ctl: " << error.what() << '\n';
    return kFailed;
  }
}
