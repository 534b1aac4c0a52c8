// Results as text, for expectations of one line.
#ifndef LIBSQL_TESTING_QUERY_H_
#define LIBSQL_TESTING_QUERY_H_

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/connection.h"

namespace libsql {

// How GoogleTest shows a value.
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(const Value& value, std::ostream* out) { *out << quote_value(value); }

}  // namespace libsql

namespace libsql::testing {

// The values as SQL literals with '|' between them.
inline std::string row_text(std::span<const ValueView> row) {
  std::string text;
  for (const ValueView& value : row) text += (text.empty() ? "" : "|") + quote_value(value);
  return text;
}

// One line per row, with '\n' between them.
inline std::string query(Connection& connection, std::string_view sql,
                         const std::vector<Value>& values = {}) {
  Statement statement = connection.prepare(sql);
  statement.bind_all(std::vector<ValueView>(values.begin(), values.end()));
  std::string text;
  while (statement.step() == Step::row) {
    text += (text.empty() ? "" : "\n") + row_text(statement.row());
  }
  return text;
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_QUERY_H_
