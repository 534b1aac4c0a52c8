#include "vector/index_state.h"

#include <array>
#include <cstring>
#include <string_view>

#include "vector/owner.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

// 1: a sketch per row of a table. 2: sketches of the difference to the mean of all rows.
constexpr std::int64_t kVersion = 4;
constexpr std::array kSuffixes = {kStateSuffix, kListsSuffix, kSketchesSuffix, kPlacesSuffix};

bool has_state(sqlite3* db, const Index& index) {
  SqliteStatement there(db, "SELECT 1 FROM " + quoted_name(index.name.schema) +
                                ".sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
  const std::string name = owner_name(index.name.name).append("_").append(kStateSuffix);
  there.bind(1, name);
  if (!there.step()) return false;
  SqliteStatement version(
      db, "SELECT version FROM " + shadow_name(index.name, kStateSuffix) + " WHERE id = 1");
  return version.step() && sqlite3_column_int64(version.get(), 0) == kVersion;
}

}  // namespace

std::string shadow_name(const IndexName& index, const char* suffix) {
  return quoted_name(index.schema) + '.' +
         quoted_name(owner_name(index.name).append("_").append(suffix));
}

bool is_shadow_suffix(const char* suffix) noexcept {
  for (const char* each : kSuffixes) {
    if (sqlite3_stricmp(suffix, each) == 0) return true;
  }
  return false;
}

void create_shadow_tables(sqlite3* db, const Index& index) {
  const auto create = [&](const char* suffix, const char* columns) {
    execute(db, "CREATE TABLE " + shadow_name(index.name, suffix) + columns);
  };
  create(kStateSuffix,
         "(id INTEGER PRIMARY KEY, version INTEGER, build INTEGER, edition INTEGER, rows INTEGER, "
         "list_rows INTEGER, reach REAL, mean BLOB)");
  create(kListsSuffix, "(list INTEGER PRIMARY KEY, centre BLOB)");
  create(kSketchesSuffix, "(place INTEGER PRIMARY KEY, data BLOB)");
  create(kPlacesSuffix, index.has_rowids ? "(id INTEGER PRIMARY KEY, place INTEGER)"
                                         : "(id INTEGER PRIMARY KEY, key UNIQUE, place INTEGER)");
}

void drop_shadow_tables(sqlite3* db, const IndexName& index) {
  for (const char* suffix : kSuffixes) {
    execute(db, "DROP TABLE IF EXISTS " + shadow_name(index, suffix));
  }
}

std::int64_t random_number() noexcept {
  std::int64_t number = 0;
  sqlite3_randomness(sizeof number, &number);
  return number;
}

void refuse_damaged(const Index& index) {
  throw Failure("vector index: the sketches of " + index.name.name +
                " do not fit each other; REINDEX it");
}

std::optional<IndexState> read_state(sqlite3* db, const Index& index) {
  if (!has_state(db, index)) return std::nullopt;
  SqliteStatement found(db, "SELECT build, edition, rows, list_rows, reach, mean FROM " +
                                shadow_name(index.name, kStateSuffix) + " WHERE id = 1");
  if (!found.step()) return std::nullopt;
  const std::string_view mean = found.blob(5);
  // Of a column whose type has been edited in the schema.
  if (mean.size() != index.type.dimensions * sizeof(float)) return std::nullopt;
  const auto number = [&](int column) { return sqlite3_column_int64(found.get(), column); };
  IndexState state{
      number(0), number(1), number(2), number(3), sqlite3_column_double(found.get(), 4), {}};
  state.mean.resize(index.type.dimensions);
  std::memcpy(state.mean.data(), mean.data(), mean.size());
  return state;
}

void write_state(sqlite3* db, const Index& index, const IndexState& state) {
  SqliteStatement write(db, "INSERT OR REPLACE INTO " + shadow_name(index.name, kStateSuffix) +
                                " VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  int parameter = 0;
  for (const std::int64_t number :
       {kVersion, state.build, state.edition, state.rows, state.list_rows}) {
    write.bind(++parameter, number);
  }
  write.bind(++parameter, state.reach);
  write.bind_blob(++parameter, bytes_of(state.mean));
  static_cast<void>(write.step());
}

std::int64_t count_sketches(sqlite3* db, const Index& index, std::int64_t limit) {
  if (!has_state(db, index)) return 0;
  SqliteStatement count(db, "SELECT count(*) FROM (SELECT 1 FROM " +
                                shadow_name(index.name, kPlacesSuffix) + " LIMIT ?1)");
  count.bind(1, limit);
  return count.step() ? sqlite3_column_int64(count.get(), 0) : 0;
}

void clear_shadow_tables(sqlite3* db, const Index& index) {
  for (const char* suffix : kSuffixes) {
    execute(db, "DELETE FROM " + shadow_name(index.name, suffix));
  }
}

}  // namespace libsql::vector
