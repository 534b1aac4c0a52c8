// The command line of `libsql`.
#ifndef LIBSQL_SHELL_ARGUMENTS_H_
#define LIBSQL_SHELL_ARGUMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "shell/key_source.h"

namespace libsql::shell {

// Text to run: the value of -c, or an argument after the file.
struct CommandText {
  std::string name;  // as errors show it
  std::string text;
};

struct Arguments {
  std::string file = ":memory:";  // or the URL of a server
  std::vector<CommandText> commands;
  std::string mode;
  std::string init;  // --init
  bool no_init = false;
  bool headers = false;
  bool bail = true;
  bool read_only = false;
  KeySource key;
  SecretSource token;
};

// Reads the command line. Returns the exit code when there is nothing to run: after --help and
// --version, or wrong usage, which it has reported.
[[nodiscard]] std::optional<int> parse_arguments(int argc, char** argv, Arguments& arguments);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_ARGUMENTS_H_
