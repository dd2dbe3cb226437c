// SPDX-License-Identifier: Apache-2.0

// The command line of a program: options, flags, subcommands, --help and --version.
//
//   CommandLine line("Prints numbers.", "shm-numbers");
//   std::uint64_t count = 10;
//   line.add_option("-n,--count", count, "How many").type_name("COUNT").positive().show_default();
//   Command list = line.add_command("list", "List what there is");
//   list.on_chosen([] { ... });
//   if (const std::optional<int> code = line.parse(argc, argv)) return *code;   // --help, --version
//
// CLI11 does the work. It is a library of headers that takes many seconds to compile: only command_line.cpp
// includes it. Values that options refer to must outlive parse(). One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace shm::programs {

/// The command line is wrong, or its options contradict each other. what() is a sentence. Exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One option of a command. A handle: copies refer to the same option.
class Option {
 public:
  explicit Option(CLI::Option* option) noexcept : option_(option) {}

  Option& required();
  Option& description(const std::string& text);
  Option& type_name(const std::string& name);  ///< what --help shows for the value; may be empty
  Option& show_default();                      ///< --help shows the present value
  Option& delimiter(char separator);           ///< one argument may hold several values
  Option& one_argument();                      ///< a list takes no further arguments than the first
  Option& excludes(const Option& other);
  Option& excludes(const std::string& other);
  Option& needs(const Option& other);

  /// `complaint` gets the argument and returns a sentence, or an empty text if the argument is good.
  Option& check(std::function<std::string(const std::string&)> complaint);
  /// Both ends included. Floating-point numbers must not be NaN.
  Option& in_range(double least, double most);
  Option& in_range(int least, int most);
  Option& in_range(unsigned least, unsigned most);
  Option& in_range(std::int64_t least, std::int64_t most);
  Option& in_range(std::uint64_t least, std::uint64_t most);
  Option& positive();
  Option& not_negative();  ///< a number, not NaN
  Option& one_of(const std::vector<std::string>& words);
  Option& existing_file();
  Option& size_with_unit();  ///< 4096, 64k, 1M, 2G (of 1024)

  [[nodiscard]] std::size_t count() const;  ///< how often it was given

 private:
  CLI::Option* option_;
};

/// A program or one of its subcommands. A handle: copies refer to the same command.
class Command {
 public:
  Option add_option(const std::string& names, std::string& value, const std::string& help);
  Option add_option(const std::string& names, double& value, const std::string& help);
  Option add_option(const std::string& names, int& value, const std::string& help);
  Option add_option(const std::string& names, unsigned& value, const std::string& help);
  Option add_option(const std::string& names, std::int64_t& value, const std::string& help);
  Option add_option(const std::string& names, std::uint64_t& value, const std::string& help);
  Option add_option(const std::string& names, std::vector<std::string>& value, const std::string& help);
  Option add_option(const std::string& names, std::optional<std::string>& value, const std::string& help);
  Option add_option(const std::string& names, std::optional<double>& value, const std::string& help);
  Option add_option(const std::string& names, std::optional<int>& value, const std::string& help);
  Option add_option(const std::string& names, std::optional<std::int64_t>& value, const std::string& help);
  Option add_option(const std::string& names, std::optional<unsigned>& value, const std::string& help);
  Option add_option(const std::string& names, std::optional<std::uint64_t>& value, const std::string& help);
  Option add_flag(const std::string& names, bool& value, const std::string& help);
  Option add_flag(const std::string& names, const std::function<void()>& given, const std::string& help);
  /// An option that was added before.
  [[nodiscard]] Option option(const std::string& name) const;

  Command add_command(const std::string& name, const std::string& help);
  void require_command();  ///< one subcommand must be given
  void footer(const std::string& text);
  void on_chosen(const std::function<void()>& action);  ///< after the whole command line was parsed
  void on_parsed(const std::function<void()>& action);  ///< before on_chosen(), of this command alone

 protected:
  explicit Command(CLI::App* app) noexcept : app_(app) {}

  CLI::App* app_;
};

/// The command line of a whole program, with --help and --version.
class CommandLine : public Command {
 public:
  CommandLine(const std::string& description, const std::string& program);
  ~CommandLine();
  CommandLine(const CommandLine&) = delete;
  CommandLine& operator=(const CommandLine&) = delete;

  [[nodiscard]] std::string program() const;

  /// Returns the exit code if --help or --version was given and printed. @throws UsageError.
  [[nodiscard]] std::optional<int> parse(int argc, const char* const* argv);
  /// The same of arguments without the program's name, for tests. @throws UsageError.
  std::optional<int> parse(std::vector<std::string> arguments);
};

}  // namespace shm::programs
