// A dot command: its usage, its help text, and the function that runs it.
#ifndef LIBSQL_SHELL_DOT_COMMAND_H_
#define LIBSQL_SHELL_DOT_COMMAND_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shell/shell.h"

namespace libsql::shell {

// The command's name and its arguments.
using Words = std::vector<std::string>;

// What Tab completes in a command's arguments.
enum class Completes { nothing, tables, modes, commands, switches };

struct DotCommand {
  std::string_view name;  // with its dot
  std::string_view usage;
  std::string_view help;
  std::string_view details;  // for `.help NAME`: further lines, each with its line feed
  std::size_t min_words;     // with the name
  std::size_t max_words;
  Completes completes;
  // Errors: UsageError for a wrong argument, CommandError, Error.
  Outcome (*run)(Shell& shell, const Words& words);
};

// The groups, each in a file of its own.
[[nodiscard]] std::span<const DotCommand> database_commands() noexcept;
[[nodiscard]] std::span<const DotCommand> schema_commands() noexcept;
[[nodiscard]] std::span<const DotCommand> output_commands() noexcept;
[[nodiscard]] std::span<const DotCommand> script_commands() noexcept;

// True for on, yes and 1, false for off, no and 0. Errors: UsageError.
[[nodiscard]] bool parse_switch(std::string_view word);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_DOT_COMMAND_H_
