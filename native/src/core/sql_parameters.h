// Finds the parameters of a statement in its text, for a session whose statements are compiled
// elsewhere. Source: sqlite.org/lang_expr.html#varparam
#ifndef LIBSQL_CORE_SQL_PARAMETERS_H_
#define LIBSQL_CORE_SQL_PARAMETERS_H_

#include <optional>
#include <string_view>
#include <vector>

namespace libsql::core {

// The names of the parameters by their numbers, as SQLite counts and names them: with prefixes
// (":id", "@id", "$id", "?3"), empty for a plain "?" and for a number that no parameter has. Views
// into `sql`. Empty if a parameter's number is none of SQLite's (1 to 32766): the text does not
// compile then.
[[nodiscard]] std::optional<std::vector<std::string_view>> parameters_of(std::string_view sql);

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SQL_PARAMETERS_H_
