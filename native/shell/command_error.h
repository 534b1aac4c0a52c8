// Errors of dot commands.
#ifndef LIBSQL_SHELL_COMMAND_ERROR_H_
#define LIBSQL_SHELL_COMMAND_ERROR_H_

#include <stdexcept>

namespace libsql::shell {

// A dot command that could not be carried out; the text is for the user.
class CommandError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A dot command was called wrongly; the text names the value, and the command's usage is appended.
class UsageError : public CommandError {
 public:
  using CommandError::CommandError;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_COMMAND_ERROR_H_
