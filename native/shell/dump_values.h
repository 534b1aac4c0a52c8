// SQL literals that read back as exactly the value they were made from.
#ifndef LIBSQL_SHELL_DUMP_VALUES_H_
#define LIBSQL_SHELL_DUMP_VALUES_H_

#include <string>
#include <string_view>

#include "libsql/connection.h"
#include "libsql/value.h"

namespace libsql::shell {

// Text as a literal on one line: line breaks are expressed with replace() and char(), because
// sqlite3's shell reads by lines and drops carriage returns. Text that no literal can express (zero
// bytes, malformed UTF-8) is cast from a blob.
[[nodiscard]] std::string text_literal(std::string_view text);

// A finite number as a product or quotient of powers of two, which SQLite computes without
// rounding.
[[nodiscard]] std::string exact_real_literal(double value);

// Writes values as literals.
class Literals {
 public:
  explicit Literals(Connection& connection);
  [[nodiscard]] std::string of(const ValueView& value);

 private:
  // SQLite reads about one in two hundred decimal floats with an error in the last place, so each
  // literal is parsed and compared before it is used.
  [[nodiscard]] std::string checked_real(double value);

  Statement read_back_;
};

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_DUMP_VALUES_H_
