// How values are written: as text for a reader, and as SQL literals.
#ifndef LIBSQL_SHELL_VALUE_TEXT_H_
#define LIBSQL_SHELL_VALUE_TEXT_H_

#include <string>
#include <string_view>

#include "libsql/value.h"

namespace libsql::shell {

// A number as sqlite3's printf('%!.15g') writes it, e.g. "300000.0", "1.0e+15", "Inf"; with 16 or
// 17 digits where 15 would read back as another number.
[[nodiscard]] std::string real_text(double value);

// The same where an infinity must be a number: 1e999 and -1e999.
[[nodiscard]] std::string real_literal(double value);

// Numbers in digits, text as it is, a blob as X'00ff', NULL as `null_text`.
[[nodiscard]] std::string display_text(const ValueView& value, std::string_view null_text);

// A literal that SQL reads back as the value; text may span several lines.
[[nodiscard]] std::string sql_literal(const ValueView& value);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_VALUE_TEXT_H_
