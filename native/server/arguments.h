// The command line of `libsql-dev-server`.
#ifndef LIBSQL_SERVER_ARGUMENTS_H_
#define LIBSQL_SERVER_ARGUMENTS_H_

#include <optional>

#include "server/options.h"

namespace libsql::server {

struct Arguments {
  Options options;
  bool stop_with_stdin = false;  // The end of the standard input ends the server.
};

// Reads the command line, and what it names: environment variables with tokens, files with keys.
// Returns the exit code when there is nothing to run: after --help and --version, or wrong usage,
// which it has reported.
[[nodiscard]] std::optional<int> parse_arguments(int argc, char** argv, Arguments& arguments);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_ARGUMENTS_H_
