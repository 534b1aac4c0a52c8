#include "vector/index.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "vector/failure.h"
#include "vector/index_text.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

struct Table {
  std::string schema;
  std::string name;
};

[[nodiscard]] std::string full_name(const Table& table) {
  return quoted_name(table.schema) + '.' + quoted_name(table.name);
}

std::vector<std::string> column_names(sqlite3* db, const Table& table) {
  const SqliteStatement all(db, "SELECT * FROM " + full_name(table));
  const int count = sqlite3_column_count(all.get());
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(count));
  for (int column = 0; column < count; ++column) {
    names.emplace_back(sqlite3_column_name(all.get(), column));
  }
  return names;
}

struct ColumnFacts {
  std::string declared;
  bool in_primary_key = false;
};

// Nothing if the table has no such column, not even a hidden rowid.
std::optional<ColumnFacts> facts_of(sqlite3* db, const Table& table, const std::string& column) {
  const char* declared = nullptr;
  int in_primary_key = 0;
  if (sqlite3_table_column_metadata(db, table.schema.c_str(), table.name.c_str(), column.c_str(),
                                    &declared, nullptr, nullptr, &in_primary_key,
                                    nullptr) != SQLITE_OK) {
    return std::nullopt;
  }
  return ColumnFacts{declared == nullptr ? "" : declared, in_primary_key != 0};
}

// What identifies a row: its rowid or, in a table without rowids, its single key column.
std::string key_of(sqlite3* db, const Table& table) {
  const std::vector<std::string> names = column_names(db, table);
  bool has_free_name = false;
  for (const char* rowid : {"rowid", "_rowid_", "oid"}) {
    const bool taken = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
      return sqlite3_stricmp(name.c_str(), rowid) == 0;
    });
    if (taken) continue;
    has_free_name = true;
    if (facts_of(db, table, rowid)) return rowid;
  }
  if (!has_free_name) {
    throw Failure("vector index: columns of " + table.name +
                  " hide its rowid; rename one of rowid, _rowid_, oid");
  }
  std::string key;
  for (const std::string& name : names) {
    if (!facts_of(db, table, name).value_or(ColumnFacts{}).in_primary_key) continue;
    if (!key.empty()) {
      throw Failure("vector index: unsupported for tables without ROWID and composite primary key");
    }
    key = quoted_name(name);
  }
  return key;
}

[[noreturn]] void refuse_name() {
  throw Failure("vector index(search): failed to parse vector index parameters");
}

// FROM and WHERE of the rows that are in the index.
std::string members_of(const Index& index, const std::string& condition) {
  std::string sql = " FROM " + index.table + " WHERE " + index.column + " IS NOT NULL";
  // The condition may end in a comment.
  if (!condition.empty()) sql += " AND (" + condition + "\n)";
  return sql;
}

}  // namespace

IndexName parse_index_name(sqlite3* db, std::string_view name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return {"main", std::string(name)};
  IndexName parts{std::string(name.substr(0, dot)), std::string(name.substr(dot + 1))};
  if (sqlite3_db_readonly(db, parts.schema.c_str()) < 0) {
    throw Failure("vector index(search): unknown schema '" + parts.schema + "'");
  }
  return parts;
}

std::optional<std::string> schema_text(sqlite3* db, const IndexName& name) {
  if (sqlite3_db_readonly(db, name.schema.c_str()) < 0) return std::nullopt;
  SqliteStatement found(db, "SELECT sql FROM " + quoted_name(name.schema) +
                                ".sqlite_schema WHERE type = 'index' AND name = ?1 COLLATE NOCASE");
  found.bind(1, name.name);
  if (!found.step()) return std::nullopt;
  return found.text(0);
}

Index find_index(sqlite3* db, const IndexName& name) {
  SqliteStatement found(db, "SELECT tbl_name, sql FROM " + quoted_name(name.schema) +
                                ".sqlite_schema WHERE type = 'index' AND name = ?1");
  found.bind(1, name.name);
  if (!found.step()) refuse_name();
  const Table table{name.schema, found.text(0)};
  const std::optional<IndexText> text = parse_index_text(found.text(1));
  if (!text) refuse_name();
  const std::optional<ColumnFacts> column = facts_of(db, table, text->column);
  if (!column) refuse_name();
  Index index;
  index.name = name;
  index.type = parse_column_type(column->declared);
  const IndexOptions options = parse_index_options(text->settings);
  index.metric = options.metric;
  index.search_l = options.search_l;
  if (index.type.element == Element::float1bit && index.metric == Metric::l2) refuse_one_bit();
  index.table = full_name(table);
  index.own_table = quoted_name(table.name);
  index.column = quoted_name(text->column);
  index.key = key_of(db, table);
  index.has_rowids = index.key.front() != '"';
  index.is_partial = !text->condition.empty();
  const std::string members =
      "SELECT " + index.key + ", " + index.column + members_of(index, text->condition);
  index.rows = members + " ORDER BY " + index.key;
  index.row = members + " AND " + index.key + " = ?1";
  return index;
}

}  // namespace libsql::vector
