#include "vector/libsql_index.h"

#include "vector/functions.h"
#include "vector/index_text.h"
#include "vector/owner.h"
#include "vector/schemas.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

constexpr const char* kMetadata = "libsql_vector_meta_shadow";

bool has_metadata(sqlite3* db, const char* schema) noexcept {
  return sqlite3_table_column_metadata(db, schema, kMetadata, "metadata", nullptr, nullptr, nullptr,
                                       nullptr, nullptr) == SQLITE_OK;
}

std::string metadata_of(const std::string& schema) { return quoted_name(schema) + '.' + kMetadata; }

bool has_object(sqlite3* db, const IndexName& name, const char* type, const std::string& object) {
  SqliteStatement found(db, "SELECT 1 FROM " + quoted_name(name.schema) +
                                ".sqlite_schema WHERE type = ?1 AND name = ?2 COLLATE NOCASE");
  found.bind(1, std::string_view(type));
  found.bind(2, object);
  return found.step();
}

}  // namespace

bool has_libsql_metadata(sqlite3* db) noexcept {
  int number = 0;
  while (const char* schema = sqlite3_db_name(db, number++)) {
    if (has_metadata(db, schema)) return true;
  }
  return false;
}

std::vector<IndexName> libsql_indexes(sqlite3* db) {
  std::vector<IndexName> indexes;
  for (const std::string& schema : schemas_of(db)) {
    if (!has_metadata(db, schema.c_str())) continue;
    SqliteStatement found(db, "SELECT i.name, i.sql FROM " + metadata_of(schema) + " AS m JOIN " +
                                  quoted_name(schema) +
                                  ".sqlite_schema AS i ON i.type = 'index' AND i.name = m.name "
                                  "COLLATE NOCASE");
    while (found.step()) {
      const IndexName name{schema, found.text(0)};
      if (!parse_index_text(found.text(1))) continue;
      if (has_object(db, name, "table", owner_name(name.name))) continue;
      indexes.push_back(name);
    }
  }
  return indexes;
}

// SQLite refuses a function that is not deterministic in an index, and leaves that out of the
// schema while the schema is writable (sqlite.org/pragma.html#pragma_writable_schema).
int hide_indexes(sqlite3* db) noexcept {
  const int rc = register_marker(db, Marker::hidden);
  if (rc != SQLITE_OK) return rc;
  return sqlite3_exec(db, "PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON", nullptr,
                      nullptr, nullptr);
}

void remove_libsql_index(sqlite3* db, const IndexName& name) {
  if (!has_metadata(db, name.schema.c_str())) return;
  const std::string metadata = metadata_of(name.schema);
  {
    SqliteStatement known(db, "SELECT 1 FROM " + metadata + " WHERE name = ?1 COLLATE NOCASE");
    known.bind(1, name.name);
    if (!known.step()) return;
  }
  execute(db, "DROP TABLE IF EXISTS " + quoted_name(name.schema) + '.' +
                  quoted_name(name.name + "_shadow"));
  {
    SqliteStatement remove(db, "DELETE FROM " + metadata + " WHERE name = ?1 COLLATE NOCASE");
    remove.bind(1, name.name);
    static_cast<void>(remove.step());
  }
  bool empty = false;
  {
    SqliteStatement any(db, "SELECT 1 FROM " + metadata);
    empty = !any.step();
  }
  if (empty) execute(db, "DROP TABLE " + metadata);
}

void remove_libsql_orphans(sqlite3* db) {
  for (const std::string& schema : schemas_of(db)) {
    if (!has_metadata(db, schema.c_str())) continue;
    std::vector<IndexName> gone;
    SqliteStatement known(db, "SELECT name FROM " + metadata_of(schema));
    while (known.step()) {
      IndexName name{schema, known.text(0)};
      if (!has_object(db, name, "index", name.name)) gone.push_back(std::move(name));
    }
    for (const IndexName& name : gone) remove_libsql_index(db, name);
  }
}

}  // namespace libsql::vector
