// Writes tables with their rows, then indexes, views and triggers, then virtual tables.
#include "shell/dump.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "libsql/error.h"
#include "libsql/sql.h"
#include "shell/ascii.h"
#include "shell/command_error.h"
#include "shell/dump_values.h"

namespace libsql::shell {
namespace {

// One row of sqlite_schema.
struct Object {
  std::string name;
  std::string sql;
};

bool is_virtual(const Object& object) { return begins_with(object.sql, "CREATE VIRTUAL TABLE"); }

// The columns that an INSERT must name to restore a table's rows.
struct Shape {
  std::vector<std::string> columns;  // those that are stored
  std::string rowid;                 // a name of the rowid, if it must be written
};

class Dumper {
 public:
  Dumper(Connection& connection, std::ostream& out, std::string table)
      : connection_(connection), out_(out), table_(std::move(table)), literals_(connection) {}

  void run() {
    const std::vector<Object> tables = read_objects(
        "type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND (?1 = '' OR "
        "name = ?1 COLLATE NOCASE OR name IN (SELECT name FROM pragma_table_list WHERE schema = "
        "'main' AND type = 'shadow' AND name LIKE replace(replace(replace(?1, '\\', '\\\\'), '_', "
        "'\\_'), '%', '\\%') || '\\_%' ESCAPE '\\'))");
    const std::vector<Object> others = read_objects(
        "type IN ('index', 'view', 'trigger') AND (?1 = '' OR tbl_name = ?1 COLLATE NOCASE)");
    if (tables.empty() && others.empty() && !table_.empty()) {
      throw CommandError("no such table: " + table_);
    }
    out_ << "PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n";
    write_header();
    for (const Object& table : tables) {
      if (!is_virtual(table)) write_table(table);
    }
    write_sequence();
    write_statistics();
    for (const Object& object : others) write_statement(object.sql);
    write_virtual(tables);
    out_ << "COMMIT;\n";
  }

 private:
  // Without what CREATE INDEX makes for an index on vectors.
  std::vector<Object> read_objects(std::string_view condition) {
    Statement statement = connection_.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE "
        "'libsql\\_vx\\_%' ESCAPE '\\' AND (" +
        std::string(condition) +
        ") ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 "
        "END,"
        " rowid");
    statement.bind(1, table_);
    std::vector<Object> objects;
    while (statement.step() == Step::row) {
      objects.push_back(
          {std::string(statement.column(0).bytes()), std::string(statement.column(1).bytes())});
    }
    return objects;
  }

  // application_id and user_version, which are in the file header.
  void write_header() {
    if (!table_.empty()) return;
    for (const std::string_view name : {"application_id", "user_version"}) {
      const Value value = connection_.pragma(name).value_or(std::int64_t{0});
      if (value != Value(std::int64_t{0})) {
        out_ << "PRAGMA " << name << '=' << quote_value(value) << ";\n";
      }
    }
  }

  void write_statement(const std::string& sql) {
    // If the text ends in a comment, the semicolon goes on a line of its own.
    out_ << sql << (is_complete(sql + ';') ? ";\n" : "\n;\n");
  }

  void write_table(const Object& table) {
    write_statement(table.sql);
    const Shape shape = shape_of(table.name);
    std::string columns;
    for (const std::string& column : shape.columns) {
      columns += (columns.empty() ? "" : ",") + quote_identifier(column);
    }
    const std::string source = " FROM main." + quote_identifier(table.name);
    std::string target = quote_identifier(table.name);
    if (!shape.rowid.empty()) {
      columns.insert(0, shape.rowid + ",");
      target += "(" + columns + ")";
    }
    // NOT INDEXED reads in rowid order, so that the new rowids have the same order.
    write_rows(target, "SELECT " + columns + source + " NOT INDEXED");
  }

  void write_rows(const std::string& target, const std::string& query) {
    Statement statement = connection_.prepare(query);
    while (statement.step() == Step::row) {
      std::string line = "INSERT INTO " + target + " VALUES(";
      for (const ValueView& value : statement.row()) {
        if (line.back() != '(') line += ',';
        line += literals_.of(value);
      }
      out_ << line << ");\n";
    }
  }

  Shape shape_of(const std::string& table) {
    Shape shape;
    std::vector<std::string> names;
    Statement statement =
        connection_.prepare("SELECT name, hidden FROM pragma_table_xinfo(?, 'main') ORDER BY cid");
    statement.bind(1, table);
    while (statement.step() == Step::row) {
      names.emplace_back(statement.column(0).bytes());
      if (statement.column(1).integer() == 0) shape.columns.push_back(names.back());
    }
    if (has_own_rowid(table)) shape.rowid = needed_rowid(table, names);
    return shape;
  }

  // The table has a rowid and no column is its alias.
  bool has_own_rowid(const std::string& table) {
    constexpr std::string_view kSql =
        "SELECT NOT (SELECT wr FROM pragma_table_list WHERE schema = 'main' AND name = ?1) AND "
        "(EXISTS (SELECT 1 FROM pragma_index_list(?1, 'main') WHERE origin = 'pk') OR "
        "NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(?1, 'main') WHERE pk > 0))";
    const std::array<ValueView, 1> values{ValueView(std::string_view(table))};
    return connection_.query_one(kSql, values) == Value(std::int64_t{1});
  }

  // A name of the rowid that is no column's name; empty if inserting in order gives the same
  // rowids without naming it.
  std::string needed_rowid(const std::string& table, const std::vector<std::string>& columns) {
    for (const std::string_view name : {"rowid", "_rowid_", "oid"}) {
      if (std::ranges::any_of(columns,
                              [&](const auto& column) { return same_letters(column, name); })) {
        continue;
      }
      const std::string id(name);
      std::string sql = "SELECT coalesce(min(";
      sql.append(id).append(") = 1 AND max(").append(id).append(") = count(*), 1) FROM main.");
      sql.append(quote_identifier(table)).append(" NOT INDEXED");
      const Value counted = connection_.query_one(sql);
      return counted == Value(std::int64_t{1}) ? std::string() : id;
    }
    return {};
  }

  // Counters of AUTOINCREMENT tables, which the INSERTs have set to the largest rowid.
  void write_sequence() {
    if (!exists("sqlite_sequence")) return;
    constexpr std::string_view kRows =
        "SELECT name, seq FROM sqlite_sequence WHERE name IN (SELECT name FROM sqlite_schema)"
        " AND (?1 = '' OR name = ?1 COLLATE NOCASE)";
    Statement statement = connection_.prepare(kRows);
    statement.bind(1, table_);
    while (statement.step() == Step::row) {
      const std::string name = literals_.of(statement.column(0));
      out_ << "DELETE FROM sqlite_sequence WHERE name=" << name << ";\n"
           << "INSERT INTO sqlite_sequence VALUES(" << name << ','
           << literals_.of(statement.column(1)) << ");\n";
    }
  }

  // The statistics of ANALYZE. `ANALYZE sqlite_schema` creates their table without filling it.
  void write_statistics() {
    if (!table_.empty() || !exists("sqlite_stat1")) return;
    out_ << "ANALYZE sqlite_schema;\n";
    write_rows("sqlite_stat1", "SELECT tbl,idx,stat FROM main.sqlite_stat1");
  }

  bool exists(std::string_view table) {
    const std::array<ValueView, 1> values{ValueView(table)};
    return connection_.query_one("SELECT count(*) FROM sqlite_schema WHERE name = ?", values) !=
           Value(std::int64_t{0});
  }

  void write_virtual(const std::vector<Object>& tables) {
    if (std::ranges::none_of(tables, is_virtual)) return;
    out_ << "PRAGMA writable_schema=ON;\n";
    for (const Object& table : tables) {
      if (!is_virtual(table)) continue;
      const std::string name = text_literal(table.name);
      out_ << "INSERT INTO sqlite_schema(type,name,tbl_name,rootpage,sql) VALUES('table'," << name
           << ',' << name << ",0," << text_literal(table.sql) << ");\n";
    }
    out_ << "PRAGMA writable_schema=RESET;\n";
  }

  Connection& connection_;
  std::ostream& out_;
  std::string table_;
  Literals literals_;
};

}  // namespace

void dump_database(Connection& connection, std::ostream& out, const std::string& table) {
  // All queries read one snapshot: that of the open transaction, or of a new one.
  std::optional<Transaction> snapshot;
  if (!connection.in_transaction()) snapshot.emplace(connection.begin(TransactionMode::deferred));
  try {
    Dumper(connection, out, table).run();
  } catch (const Error&) {
    out << "ROLLBACK; -- the dump is not complete\n";
    throw;
  }
  if (snapshot.has_value()) snapshot->commit();
}

}  // namespace libsql::shell
