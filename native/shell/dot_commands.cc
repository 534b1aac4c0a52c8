// Finds a command and calls it; `.help`.
#include "shell/dot_commands.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "shell/command_error.h"
#include "shell/words.h"

namespace libsql::shell {
namespace {

constexpr std::size_t kHelpColumn = 32;

Outcome help(Shell& shell, const Words& words) {
  const auto describe = [&](const DotCommand& command) {
    const std::size_t width = std::max(kHelpColumn, command.usage.size() + 1);
    shell.out() << command.usage << std::string(width - command.usage.size(), ' ') << command.help
                << '\n';
  };
  if (words.size() == 1) {
    std::ranges::for_each(dot_commands(), describe);
    return Outcome::proceed;
  }
  const std::string name = words[1].starts_with('.') ? words[1] : '.' + words[1];
  const DotCommand& command = find_dot_command(name);
  describe(command);
  shell.out() << command.details;
  return Outcome::proceed;
}

constexpr auto kHelp = std::to_array<DotCommand>({
    {".help", ".help [COMMAND]", "The list of commands, or one of them", "", 1, 2,
     Completes::commands, help},
});

std::vector<DotCommand> collect() {
  std::vector<DotCommand> all(kHelp.begin(), kHelp.end());
  for (const auto group :
       {database_commands(), schema_commands(), output_commands(), script_commands()}) {
    std::ranges::copy(group, std::back_inserter(all));
  }
  std::ranges::sort(all, {}, &DotCommand::name);
  return all;
}

void check_count(const DotCommand& command, const Words& words) {
  if (words.size() < command.min_words) throw UsageError("an argument is missing");
  if (words.size() > command.max_words) {
    throw UsageError("too many arguments, from \"" + words[command.max_words] + "\" on");
  }
}

}  // namespace

bool parse_switch(std::string_view word) {
  if (word == "on" || word == "yes" || word == "1") return true;
  if (word == "off" || word == "no" || word == "0") return false;
  throw UsageError("expected on or off, got \"" + std::string(word) + "\"");
}

const std::vector<DotCommand>& dot_commands() {
  static const std::vector<DotCommand> kAll = collect();
  return kAll;
}

const DotCommand& find_dot_command(std::string_view name) {
  std::vector<const DotCommand*> found;
  std::string names;
  for (const DotCommand& command : dot_commands()) {
    if (command.name == name) return command;
    if (name.size() < 2 || !command.name.starts_with(name)) continue;
    found.push_back(&command);
    names.append(names.empty() ? "" : ", ").append(command.name);
  }
  if (found.size() == 1) return *found[0];
  const std::string reason = found.empty() ? "; .help lists them" : " is one of " + names;
  throw CommandError((found.empty() ? "unknown command " : "") + std::string(name) + reason);
}

Outcome run_dot_command(Shell& shell, std::string_view line) {
  const Words words = split_words(line);
  const DotCommand& command = find_dot_command(words.at(0));
  try {
    check_count(command, words);
    return command.run(shell, words);
  } catch (const UsageError& error) {
    throw CommandError(std::string(command.name) + ": " + error.what() +
                       "; usage: " + std::string(command.usage));
  }
}

}  // namespace libsql::shell
