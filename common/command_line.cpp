// SPDX-License-Identifier: Apache-2.0
#include "common/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "shm/version.hpp"

namespace shm::programs {
namespace {

/// NaN lies in every range that CLI::Range checks.
std::string nan_complaint(const std::string& text) {
  double value = 0;
  const bool is_nan = CLI::detail::lexical_cast(text, value) && std::isnan(value);
  return is_nan ? "'" + text + "' is not a number" : std::string();
}

template <class Parse>
std::optional<int> parse_with(CLI::App& app, Parse parse) {
  try {
    parse();
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    throw UsageError(error.what());
  }
}

}  // namespace

// --- Option ---

Option& Option::required() { return option_->required(), *this; }
Option& Option::description(const std::string& text) { return option_->description(text), *this; }
Option& Option::type_name(const std::string& name) { return option_->type_name(name), *this; }
Option& Option::show_default() { return option_->capture_default_str(), *this; }
Option& Option::delimiter(char separator) { return option_->delimiter(separator), *this; }
Option& Option::one_argument() { return option_->allow_extra_args(false), *this; }
Option& Option::excludes(const Option& other) { return option_->excludes(other.option_), *this; }
Option& Option::excludes(const std::string& other) { return option_->excludes(other), *this; }
Option& Option::needs(const Option& other) { return option_->needs(other.option_), *this; }

Option& Option::check(std::function<std::string(const std::string&)> complaint) {
  return option_->check(std::move(complaint), ""), *this;
}

Option& Option::in_range(double least, double most) {
  option_->check(CLI::Range(least, most));
  return check(nan_complaint);
}
Option& Option::in_range(int least, int most) { return option_->check(CLI::Range(least, most)), *this; }
Option& Option::in_range(unsigned least, unsigned most) {
  return option_->check(CLI::Range(least, most)), *this;
}
Option& Option::in_range(std::int64_t least, std::int64_t most) {
  return option_->check(CLI::Range(least, most)), *this;
}
Option& Option::in_range(std::uint64_t least, std::uint64_t most) {
  return option_->check(CLI::Range(least, most)), *this;
}

Option& Option::positive() {
  return option_->check(CLI::Validator(CLI::PositiveNumber).description("")), *this;
}

Option& Option::not_negative() {
  option_->check(CLI::Range(0.0, std::numeric_limits<double>::max()).description(""));
  return check(nan_complaint);
}

Option& Option::one_of(const std::vector<std::string>& words) {
  return option_->check(CLI::IsMember(words).description("")), *this;
}

Option& Option::existing_file() { return option_->check(CLI::ExistingFile), *this; }

Option& Option::size_with_unit() {
  return option_->transform(CLI::AsSizeValue(false).description("")), *this;
}

std::size_t Option::count() const { return option_->count(); }

// --- Command ---

#define SHM_OPTION_OF(type)                                                                    \
  Option Command::add_option(const std::string& names, type& value, const std::string& help) { \
    return Option(app_->add_option(names, value, help));                                       \
  }
SHM_OPTION_OF(std::string)
SHM_OPTION_OF(double)
SHM_OPTION_OF(int)
SHM_OPTION_OF(unsigned)
SHM_OPTION_OF(std::int64_t)
SHM_OPTION_OF(std::uint64_t)
SHM_OPTION_OF(std::vector<std::string>)
SHM_OPTION_OF(std::optional<std::string>)
SHM_OPTION_OF(std::optional<double>)
SHM_OPTION_OF(std::optional<int>)
SHM_OPTION_OF(std::optional<unsigned>)
SHM_OPTION_OF(std::optional<std::int64_t>)
SHM_OPTION_OF(std::optional<std::uint64_t>)
#undef SHM_OPTION_OF

Option Command::add_flag(const std::string& names, bool& value, const std::string& help) {
  return Option(app_->add_flag(names, value, help));
}

Option Command::add_flag(const std::string& names, const std::function<void()>& given,
                         const std::string& help) {
  return Option(app_->add_flag_callback(names, given, help));
}

Option Command::option(const std::string& name) const { return Option(app_->get_option(name)); }

Command Command::add_command(const std::string& name, const std::string& help) {
  return Command(app_->add_subcommand(name, help));
}

void Command::require_command() { app_->require_subcommand(1); }
void Command::footer(const std::string& text) { app_->footer(text); }
void Command::on_chosen(const std::function<void()>& action) { app_->final_callback(action); }
void Command::on_parsed(const std::function<void()>& action) { app_->parse_complete_callback(action); }

// --- CommandLine ---

CommandLine::CommandLine(const std::string& description, const std::string& program)
    : Command(new CLI::App(description, program)) {
  app_->set_version_flag("--version", program + " " SHM_VERSION_STRING, "Say which version this is");
  app_->get_formatter()->column_width(34);
}

CommandLine::~CommandLine() { delete app_; }

std::string CommandLine::program() const { return app_->get_name(); }

std::optional<int> CommandLine::parse(int argc, const char* const* argv) {
  return parse_with(*app_, [&] { app_->parse(argc, argv); });
}

std::optional<int> CommandLine::parse(std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the end
  return parse_with(*app_, [&] { app_->parse(std::move(arguments)); });
}

}  // namespace shm::programs
