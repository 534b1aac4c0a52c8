// The shell's own commands: lines that begin with a dot.
#ifndef LIBSQL_SHELL_DOT_COMMANDS_H_
#define LIBSQL_SHELL_DOT_COMMANDS_H_

#include <string_view>
#include <vector>

#include "shell/dot_command.h"

namespace libsql::shell {

// Runs a command. Errors: CommandError for one that is unknown or wrongly used, Error from SQL.
Outcome run_dot_command(Shell& shell, std::string_view line);

// All commands, in alphabetical order.
[[nodiscard]] const std::vector<DotCommand>& dot_commands();

// The command of a name or of the beginning of one name, as ".header" or ".q". Errors: CommandError
// if there is none, or several.
[[nodiscard]] const DotCommand& find_dot_command(std::string_view name);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_DOT_COMMANDS_H_
