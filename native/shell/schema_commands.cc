// Dot commands that show the schema, and the database as SQL.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "libsql/sql.h"
#include "shell/command_error.h"
#include "shell/dot_command.h"
#include "shell/dump.h"

namespace libsql::shell {
namespace {

// The names of the open databases: main, temp, and those that are attached.
std::vector<std::string> schemas(Connection& connection) {
  Statement statement = connection.cached("SELECT name FROM pragma_database_list ORDER BY seq");
  std::vector<std::string> names;
  while (statement.step() == Step::row) names.emplace_back(statement.column(0).bytes());
  return names;
}

// Prints the names of the objects that match the condition, those of other databases than main as
// "database.name".
void print_names(Shell& shell, std::string_view condition, const std::string& pattern) {
  std::string sql;
  for (const std::string& schema : schemas(shell.connection())) {
    if (!sql.empty()) sql += " UNION ALL ";
    sql += "SELECT ";
    if (schema != "main") sql += quote_text(schema + ".") + " || ";
    sql += "name AS name FROM " + quote_identifier(schema) + ".sqlite_schema WHERE ";
    sql += condition;
  }
  Statement statement = shell.connection().prepare(sql + " ORDER BY name");
  statement.bind(1, pattern);
  while (statement.step() == Step::row) shell.out() << statement.column(0).bytes() << '\n';
}

Outcome tables(Shell& shell, const Words& words) {
  print_names(
      shell,
      "type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE "
      "'libsql\\_vx\\_%' ESCAPE '\\' AND name LIKE ?1",
      words.size() > 1 ? words[1] : "%");
  return Outcome::proceed;
}

Outcome indexes(Shell& shell, const Words& words) {
  print_names(shell, "type = 'index' AND tbl_name LIKE ?1", words.size() > 1 ? words[1] : "%");
  return Outcome::proceed;
}

// Those of main; only there are they checked.
constexpr std::string_view kVectorIndexes = R"(
  SELECT name, tbl_name, substr(sql, instr(sql, '(')),
    (SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE AND
      (dbstat.name = i.name OR substr(dbstat.name, 1, length(i.name) + 11) = 'libsql_vx_' || i.name || '_')),
    vector_index_check(name)
  FROM sqlite_schema AS i
  WHERE type = 'index' AND sql LIKE '%libsql\_vector\_idx%' ESCAPE '\' AND tbl_name LIKE ?1
  ORDER BY name)";

Outcome vectors(Shell& shell, const Words& words) {
  const std::string pattern = words.size() > 1 ? words[1] : "%";
  Statement statement = shell.connection().prepare(kVectorIndexes);
  statement.bind(1, pattern);
  while (statement.step() == Step::row) {
    const auto [name, table, definition, bytes, health] =
        statement.row()
            .as<std::string_view, std::string_view, std::string_view, std::optional<std::int64_t>,
                std::string_view>();
    shell.out() << name << ": " << table << ' ' << definition << ", " << bytes.value_or(0)
                << " bytes, " << health << '\n';
  }
  return Outcome::proceed;
}

// CREATE TABLE t(...) -> CREATE TABLE schema.t(...)
std::string in_schema(const std::string& sql, const std::string& schema) {
  if (schema == "main") return sql;
  for (const std::string_view start :
       {"CREATE TABLE ", "CREATE VIRTUAL TABLE ", "CREATE UNIQUE INDEX ", "CREATE INDEX ",
        "CREATE VIEW ", "CREATE TRIGGER "}) {
    if (sql.starts_with(start)) {
      return std::string(start) + quote_identifier(schema) + "." + sql.substr(start.size());
    }
  }
  return sql;
}

Outcome schema(Shell& shell, const Words& words) {
  const std::string table = words.size() > 1 ? words[1] : std::string();
  bool any = false;
  for (const std::string& schema : schemas(shell.connection())) {
    Statement statement = shell.connection().prepare(
        "SELECT sql FROM " + quote_identifier(schema) +
        ".sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " AND name NOT LIKE 'libsql\\_vx\\_%' ESCAPE '\\' AND (?1 = '' OR tbl_name = ?1 COLLATE "
        "NOCASE) ORDER BY rowid");
    statement.bind(1, table);
    for (; statement.step() == Step::row; any = true) {
      shell.out() << in_schema(std::string(statement.column(0).bytes()), schema) << ";\n";
    }
  }
  if (!any && !table.empty()) throw CommandError("no such table: " + table);
  return Outcome::proceed;
}

Outcome dump(Shell& shell, const Words& words) {
  dump_database(shell.connection(), shell.out(), words.size() > 1 ? words[1] : std::string());
  return Outcome::proceed;
}

constexpr auto kCommands = std::to_array<DotCommand>({
    {".dump", ".dump [TABLE]", "Write the database, or one table, as SQL", "", 1, 2,
     Completes::tables, dump},
    {".indexes", ".indexes [TABLE]", "List indexes; TABLE is a pattern of LIKE", "", 1, 2,
     Completes::tables, indexes},
    {".schema", ".schema [TABLE]", "Show the CREATE statements", "", 1, 2, Completes::tables,
     schema},
    {".tables", ".tables [PATTERN]", "List tables and views; PATTERN is one of LIKE", "", 1, 2,
     Completes::tables, tables},
    {".vectors", ".vectors [TABLE]", "List vector indexes with sizes, and check them",
     "TABLE is a pattern of LIKE. The check reads all rows of each index.", 1, 2, Completes::tables,
     vectors},
});

}  // namespace

std::span<const DotCommand> schema_commands() noexcept { return kCommands; }

}  // namespace libsql::shell
