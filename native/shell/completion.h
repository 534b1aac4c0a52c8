// What the Tab key offers: dot commands and their arguments, tables, columns and keywords.
#ifndef LIBSQL_SHELL_COMPLETION_H_
#define LIBSQL_SHELL_COMPLETION_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/connection.h"

namespace libsql::shell {

struct Completion {
  std::size_t typed = 0;                // the bytes before the cursor that a candidate replaces
  std::vector<std::string> candidates;  // sorted, each once

  // What all candidates begin with.
  [[nodiscard]] std::string common_prefix() const;
};

// Completes the text before the cursor. `continues` is whether a statement was begun on a line
// before. A schema that cannot be read in half a second offers no tables and columns.
[[nodiscard]] Completion complete(Connection& connection, std::string_view before, bool continues);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_COMPLETION_H_
