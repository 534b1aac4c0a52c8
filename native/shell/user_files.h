// The files in the user's home folder.
#ifndef LIBSQL_SHELL_USER_FILES_H_
#define LIBSQL_SHELL_USER_FILES_H_

#include <string>

namespace libsql::shell {

// Where the history is kept: $XDG_STATE_HOME/libsql_history if that is set, else ~/.libsql_history;
// empty without either, which keeps none.
[[nodiscard]] std::string history_path();

// The script that the prompt runs first: $XDG_CONFIG_HOME/libsqlrc if there is one, else
// ~/.libsqlrc; empty if there is neither.
[[nodiscard]] std::string init_path();

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_USER_FILES_H_
