// Exit codes of the command, besides EXIT_SUCCESS.
#ifndef LIBSQL_SHELL_EXIT_CODES_H_
#define LIBSQL_SHELL_EXIT_CODES_H_

namespace libsql::shell {

// An SQL statement or a command failed, the output could not be written, or a transaction was left
// open.
inline constexpr int kFailed = 1;
// Wrong usage, or the database cannot be opened.
inline constexpr int kUsage = 2;
// Ctrl-C outside a statement: 128 + SIGINT, as shells report it.
inline constexpr int kInterrupted = 130;

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_EXIT_CODES_H_
