// The interactive prompt.
#ifndef LIBSQL_SHELL_REPL_H_
#define LIBSQL_SHELL_REPL_H_

#include "shell/shell.h"

namespace libsql::shell {

// Reads, runs and prints until Ctrl-D or .quit. Errors are shown and do not end it.
void run_prompt(Shell& shell);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_REPL_H_
