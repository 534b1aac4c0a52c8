// What must not compile, because it would read a row that is gone, or because no column is like it.
#include <string>
#include <string_view>
#include <tuple>

#include "libsql/database.h"

namespace libsql {

struct Unknown {};

template <typename T>
struct Titled {
  T title;
  static constexpr auto sql_fields() { return std::tuple(field("title", &Titled::title)); }
};

void read(Connection& connection, Statement& statement) {
  const auto [id, title] = connection.query_one<int, std::string>("SELECT 1, 'text'");
  for (const auto [seen] : connection.query<std::string_view>("SELECT ?", title)) {
    static_cast<void>(seen);
  }
  for (const auto [seen] : statement.rows<int>()) static_cast<void>(seen + id);
  for (const Titled<std::string_view>& seen : statement.rows<Titled<std::string_view>>()) {
    static_cast<void>(seen);
  }
  static_cast<void>(connection.query_one<Titled<std::string>>("SELECT 'text' AS title"));
#ifdef QUERIES_ONE_VIEW
  static_cast<void>(connection.query_one<std::string_view>("SELECT 'text'"));
#endif
#ifdef QUERIES_AN_OPTIONAL_VIEW
  static_cast<void>(connection.query_value<std::optional<std::string_view>>("SELECT 'text'"));
#endif
#ifdef QUERIES_A_VALUE_VIEW
  static_cast<void>(connection.query_optional<ValueView>("SELECT 'text'"));
#endif
#ifdef QUERIES_A_STRUCT_WITH_A_VIEW
  static_cast<void>(connection.query_one<Titled<std::string_view>>("SELECT 'text' AS title"));
#endif
#ifdef READS_A_STRUCT_WITH_AN_UNKNOWN_FIELD
  static_cast<void>(connection.query_one<Titled<Unknown>>("SELECT 'text' AS title"));
#endif
#ifdef READS_A_CONSTANT_FIELD
  for (const auto& seen : statement.rows<Titled<const int>>()) static_cast<void>(seen);
#endif
#ifdef READS_A_ROW_OF_A_TEMPORARY_STATEMENT
  static_cast<void>(connection.prepare("SELECT 1").next());
#endif
#ifdef LOOPS_OVER_A_TEMPORARY_STATEMENT
  for (const auto [seen] : connection.prepare("SELECT 1").rows<int>()) static_cast<void>(seen);
#endif
#ifdef READS_AN_UNKNOWN_TYPE
  static_cast<void>(connection.query_one<Unknown>("SELECT 1"));
#endif
#ifdef READS_A_CHARACTER
  static_cast<void>(connection.query_one<char>("SELECT 1"));
#endif
#ifdef EXECUTES_WITH_AN_UNKNOWN_TYPE
  connection.execute("SELECT ?", Unknown());
#endif
#ifdef MIXES_NAMES_AND_POSITIONS
  connection.execute("SELECT ?, :b", 1, named("b", 2));
#endif
#ifdef BINDS_A_TEMPORARY_OPTIONAL
  statement.bind(1, std::optional<std::string>("gone"));
#endif
}

}  // namespace libsql
