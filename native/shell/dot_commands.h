// The shell's own commands: lines that begin with a dot.
#ifndef LIBSQL_SHELL_DOT_COMMANDS_H_
#define LIBSQL_SHELL_DOT_COMMANDS_H_

#include <string>
#include <string_view>
#include <vector>

#include "shell/shell.h"

namespace libsql::shell {

// Runs a command. Errors: CommandError for one that is unknown or wrongly used, Error from SQL.
Outcome run_dot_command(Shell& shell, std::string_view line);

// Splits a line at blanks; 'single' and "double" quotes keep words together, doubled inside they
// stand for themselves. Errors: CommandError for a quote that does not end.
[[nodiscard]] std::vector<std::string> split_words(std::string_view line);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_DOT_COMMANDS_H_
