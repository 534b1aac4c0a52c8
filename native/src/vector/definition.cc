#include "vector/definition.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/sql_scanner.h"
#include "vector/index_text.h"
#include "vector/libsql_index.h"
#include "vector/nearest.h"
#include "vector/owner.h"
#include "vector/schemas.h"
#include "vector/sketch_build.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

using core::SqlScanner;
using core::SqlToken;

bool is_word(const SqlToken& token, std::string_view upper) {
  return token.kind == SqlToken::Kind::word && core::is_keyword(token.text, upper);
}

// --- Texts ---

// Where the index may be that CREATE INDEX makes; none if it is another statement. Without the name
// of a schema it is in that of its table: temp or main.
std::vector<IndexName> created_by(std::string_view sql) {
  SqlScanner tokens(sql);
  if (!is_word(tokens.next(), "CREATE")) return {};
  SqlToken token = tokens.next();
  if (is_word(token, "UNIQUE")) token = tokens.next();
  if (!is_word(token, "INDEX")) return {};
  token = tokens.next();
  if (is_word(token, "IF")) {
    tokens.next();  // NOT
    tokens.next();  // EXISTS
    token = tokens.next();
  }
  const std::string name = unquoted(token);
  if (tokens.next().text != ".") return {{"main", name}, {"temp", name}};
  return {{name, unquoted(tokens.next())}};
}

bool drops(std::string_view sql) {
  SqlScanner tokens(sql);
  if (!is_word(tokens.next(), "DROP")) return false;
  const SqlToken what = tokens.next();
  return is_word(what, "INDEX") || is_word(what, "TABLE");
}

// What REINDEX names: an index, a table, a collation, or nothing, which means all. Without a schema
// it is in any. Nothing if the statement is another.
std::optional<IndexName> reindexed_by(std::string_view sql) {
  SqlScanner tokens(sql);
  if (!is_word(tokens.next(), "REINDEX")) return std::nullopt;
  const SqlToken token = tokens.next();
  if (token.kind == SqlToken::Kind::end || token.kind == SqlToken::Kind::semicolon) {
    return IndexName{};
  }
  const std::string name = unquoted(token);
  if (tokens.next().text != ".") return IndexName{"", name};
  return IndexName{name, unquoted(tokens.next())};
}

bool mentions_marker(std::string_view sql) {
  SqlScanner tokens(sql);
  for (SqlToken token = tokens.next(); token.kind != SqlToken::Kind::end; token = tokens.next()) {
    if (core::is_keyword(unquoted(token), "LIBSQL_VECTOR_IDX")) return true;
  }
  return false;
}

// --- The schema ---

// The indexes of all schemas that have, or had, a virtual table.
std::vector<IndexName> owned_indexes(sqlite3* db) {
  std::vector<IndexName> indexes;
  for (const std::string& schema : schemas_of(db)) {
    SqliteStatement owners(db, "SELECT name FROM " + quoted_name(schema) +
                                   ".sqlite_schema WHERE type = 'table' AND name LIKE "
                                   "'libsql\\_vx\\_%' ESCAPE '\\' AND sql LIKE '%USING " +
                                   std::string(kOwnerModule) + "'");
    while (owners.step()) {
      indexes.push_back({schema, owners.text(0).substr(kOwnerPrefix.size())});
    }
  }
  return indexes;
}

// The indexes on vectors that REINDEX means.
std::vector<IndexName> matching_indexes(sqlite3* db, const IndexName& wanted) {
  std::vector<IndexName> indexes;
  for (const std::string& schema : schemas_of(db)) {
    if (!wanted.schema.empty() && sqlite3_stricmp(schema.c_str(), wanted.schema.c_str()) != 0) {
      continue;
    }
    SqliteStatement found(db, "SELECT name, sql FROM " + quoted_name(schema) +
                                  ".sqlite_schema WHERE type = 'index' AND sql LIKE "
                                  "'%libsql\\_vector\\_idx%' ESCAPE '\\' AND (?1 = '' OR name = ?1 "
                                  "COLLATE NOCASE OR tbl_name = ?1 COLLATE NOCASE)");
    found.bind(1, wanted.name);
    while (found.step()) {
      if (parse_index_text(found.text(1))) indexes.push_back({schema, found.text(0)});
    }
  }
  return indexes;
}

std::string full_name(const IndexName& index, std::string_view suffix) {
  return quoted_name(index.schema) + '.' + quoted_name(owner_name(index.name).append(suffix));
}

constexpr std::string_view kInserted = "_inserted";
constexpr std::string_view kUpdated = "_updated";
constexpr std::string_view kDeleted = "_deleted";

void remove_all_of(sqlite3* db, const IndexName& index) {
  for (const std::string_view suffix : {kInserted, kUpdated, kDeleted}) {
    execute(db, "DROP TRIGGER IF EXISTS " + full_name(index, suffix));
  }
  execute(db, "DROP TABLE IF EXISTS " + full_name(index, ""));
}

// What belonged to indexes that are gone, dropped by this statement or by another program.
void remove_orphans(sqlite3* db) {
  for (const IndexName& index : owned_indexes(db)) {
    if (!schema_text(db, index)) remove_all_of(db, index);
  }
  remove_libsql_orphans(db);
}

// --- A new index ---

void create_triggers(sqlite3* db, const IndexName& name, const Index& index) {
  const std::string& key = index.key;
  const std::string& column = index.column;
  const std::string report = " BEGIN INSERT INTO " + quoted_name(owner_name(name.name)) + "(id) ";
  const auto create = [&](std::string_view suffix, const std::string& what) {
    execute(db, "CREATE TRIGGER " + full_name(name, suffix) + " AFTER " + what + "; END");
  };
  const std::string on = " ON " + index.own_table;
  create(kInserted, "INSERT" + on + report + "VALUES (new." + key + ")");
  create(kDeleted, "DELETE" + on + report + "VALUES (old." + key + ")");
  // Any column may decide whether a row is in a partial index. And SQLite cannot rename a column of
  // a temporary table that a trigger names: it renames in the trigger's text twice.
  std::string changed;
  const std::string other_key = "old." + key + " IS NOT new." + key + " COLLATE BINARY";
  if (!index.is_partial && sqlite3_stricmp(name.schema.c_str(), "temp") != 0) {
    changed = " WHEN new." + column + " IS NOT old." + column + " OR " + other_key;
  }
  create(kUpdated, "UPDATE" + on + changed + report + "SELECT old." + key + " WHERE " + other_key +
                       " UNION ALL SELECT new." + key);
}

void check_rows(sqlite3* db, const Index& index, BuildProgress& progress) {
  SqliteStatement rows(db, index.rows);
  while (rows.step()) {
    progress.step();
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    vector.check(index.type, "insert");
  }
}

void provide(sqlite3* db, const IndexName& name, BuildProgress& progress) {
  const std::optional<std::string> text = schema_text(db, name);
  if (!text || !parse_index_text(*text)) return;
  const Index index = find_index(db, name);
  const std::int64_t rows = count_rows(db, index);
  progress.begin(name, rows);
  progress.stage(kShareOfCheck, rows);
  check_rows(db, index, progress);
  remove_libsql_index(db, name);
  execute(db,
          "CREATE VIRTUAL TABLE " + full_name(name, "") + " USING " + std::string(kOwnerModule));
  create_triggers(db, name, index);
  build_sketches(db, index, rows, progress);
  progress.succeed();
}

}  // namespace

std::optional<Definition> Definition::of(sqlite3* db, std::string_view sql) {
  Definition definition;
  if (drops(sql)) {
    if (owned_indexes(db).empty() && !has_libsql_metadata(db)) return std::nullopt;
    return definition;
  }
  definition.reindexed_ = reindexed_by(sql);
  if (definition.reindexed_) {
    if (matching_indexes(db, *definition.reindexed_).empty()) return std::nullopt;
    return definition;
  }
  definition.candidates_ = created_by(sql);
  if (definition.candidates_.empty() || !mentions_marker(sql)) return std::nullopt;
  return definition;
}

void Definition::before(sqlite3* db) {
  remove_orphans(db);
  // What is there already stays as it is, under IF NOT EXISTS.
  std::erase_if(candidates_, [db](const IndexName& index) { return schema_text(db, index); });
}

void Definition::after(sqlite3* db, BuildProgress& progress) {
  remove_orphans(db);
  for (const IndexName& index : candidates_) provide(db, index, progress);
  if (!reindexed_) return;
  for (const IndexName& index : matching_indexes(db, *reindexed_)) {
    remove_all_of(db, index);
    provide(db, index, progress);
  }
}

void adopt(sqlite3* db, const IndexName& index, BuildProgress& progress) {
  execute(db, "REINDEX " + quoted_name(index.schema) + '.' + quoted_name(index.name));
  provide(db, index, progress);
}

}  // namespace libsql::vector
