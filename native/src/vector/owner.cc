#include "vector/owner.h"

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "vector/failure.h"
#include "vector/index.h"
#include "vector/index_state.h"
#include "vector/sketch_writer.h"
#include "vector/virtual_table.h"

namespace libsql::vector {

namespace {

// SQLite's structure comes first: it hands out pointers to it.
struct Owner {
  sqlite3_vtab base{};
  sqlite3* db = nullptr;
  IndexName name;
  // Made at the first write. SQLite disconnects the virtual table, and so forgets this, when it
  // reads a changed schema.
  std::optional<SketchWriter> writer;
};

Owner& owner_of(sqlite3_vtab* table) { return *reinterpret_cast<Owner*>(table); }

// --- Life ---

// `words` are the names of the module, the schema and the table.
int connect(sqlite3* db, void* /*unused*/, int /*count*/, const char* const* words,
            sqlite3_vtab** table, char** message) noexcept {
  try {
    const std::string_view name = words[2];
    if (!name.starts_with(kOwnerPrefix)) {
      *message = sqlite3_mprintf("tables of %s are made by CREATE INDEX only", words[0]);
      return SQLITE_ERROR;
    }
    // Triggers may write to it where the schema is not trusted, too.
    sqlite3_vtab_config(db, SQLITE_VTAB_INNOCUOUS);
    const int rc = sqlite3_declare_vtab(db, "CREATE TABLE x(id)");
    if (rc != SQLITE_OK) return rc;
    auto created = std::make_unique<Owner>();
    created->db = db;
    created->name = {words[1], std::string(name.substr(kOwnerPrefix.size()))};
    *table = &created.release()->base;
    return SQLITE_OK;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

int disconnect(sqlite3_vtab* table) noexcept {
  const std::unique_ptr<Owner> owner(&owner_of(table));
  return SQLITE_OK;
}

// With its shadow tables.
int create(sqlite3* db, void* unused, int count, const char* const* words, sqlite3_vtab** table,
           char** message) noexcept {
  const int rc = connect(db, unused, count, words, table, message);
  if (rc != SQLITE_OK) return rc;
  const int created = called_by_sqlite(*table, [&] {
    const Owner& owner = owner_of(*table);
    create_shadow_tables(owner.db, find_index(owner.db, owner.name));
  });
  if (created == SQLITE_OK) return SQLITE_OK;
  *message = sqlite3_mprintf("%s", (*table)->zErrMsg);
  sqlite3_free((*table)->zErrMsg);
  disconnect(std::exchange(*table, nullptr));
  return created;
}

int destroy(sqlite3_vtab* table) noexcept {
  const int rc = called_by_sqlite(table, [&] {
    Owner& owner = owner_of(table);
    owner.writer.reset();
    drop_shadow_tables(owner.db, owner.name);
  });
  return rc == SQLITE_OK ? disconnect(table) : rc;
}

// Whether "libsql_vx_index_suffix" is one of ours: SQLite protects it then.
int is_shadow_name(const char* suffix) noexcept { return is_shadow_suffix(suffix) ? 1 : 0; }

int rename(sqlite3_vtab* table, const char* /*name*/) noexcept {
  set_message(table, "the table of an index on vectors has the index's name");
  return SQLITE_ERROR;
}

// --- Reading: there is nothing to see ---

int best_index(sqlite3_vtab* /*table*/, sqlite3_index_info* info) noexcept {
  info->estimatedCost = 1;
  info->estimatedRows = 0;
  return SQLITE_OK;
}

int open(sqlite3_vtab* /*table*/, sqlite3_vtab_cursor** cursor) noexcept {
  std::unique_ptr<sqlite3_vtab_cursor> created(new (std::nothrow) sqlite3_vtab_cursor{});
  if (created == nullptr) return SQLITE_NOMEM;
  *cursor = created.release();
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) noexcept {
  const std::unique_ptr<sqlite3_vtab_cursor> owner(cursor);
  return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* /*cursor*/, int /*plan*/, const char* /*plan_text*/, int /*count*/,
           sqlite3_value** /*values*/) noexcept {
  return SQLITE_OK;
}

int next(sqlite3_vtab_cursor* /*cursor*/) noexcept { return SQLITE_OK; }

int eof(sqlite3_vtab_cursor* /*cursor*/) noexcept { return 1; }

int column(sqlite3_vtab_cursor* /*cursor*/, sqlite3_context* /*context*/, int /*index*/) noexcept {
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* /*cursor*/, sqlite3_int64* /*id*/) noexcept { return SQLITE_OK; }

// --- Writing ---

// An index that a program without this library has dropped leaves its triggers behind.
void row_has_changed(Owner& owner, sqlite3_value* key) {
  if (!owner.writer) {
    if (!schema_text(owner.db, owner.name)) return;
    owner.writer.emplace(owner.db, find_index(owner.db, owner.name));
  }
  owner.writer->row_has_changed(key);
}

// An INSERT has the new rowid and the columns behind an old rowid that is NULL.
int update(sqlite3_vtab* table, int count, sqlite3_value** values,
           sqlite3_int64* /*rowid*/) noexcept {
  return called_by_sqlite(table, [&] {
    constexpr int kInsertOfOneColumn = 3;
    if (count != kInsertOfOneColumn || sqlite3_value_type(values[0]) != SQLITE_NULL) {
      throw Failure("only INSERT writes to the table of an index on vectors");
    }
    row_has_changed(owner_of(table), values[2]);
  });
}

sqlite3_module make_module() noexcept {
  sqlite3_module module{};
  module.iVersion = 3;  // The first with xShadowName.
  module.xCreate = &create;
  module.xConnect = &connect;
  module.xBestIndex = &best_index;
  module.xDisconnect = &disconnect;
  module.xDestroy = &destroy;
  module.xOpen = &open;
  module.xClose = &close;
  module.xFilter = &filter;
  module.xNext = &next;
  module.xEof = &eof;
  module.xColumn = &column;
  module.xRowid = &rowid;
  module.xUpdate = &update;
  module.xRename = &rename;
  module.xShadowName = &is_shadow_name;
  return module;
}

}  // namespace

std::string owner_name(std::string_view index) { return std::string(kOwnerPrefix).append(index); }

int register_owner(sqlite3* db) noexcept {
  static const sqlite3_module kModule = make_module();
  return sqlite3_create_module_v2(db, kOwnerModule.data(), &kModule, nullptr, nullptr);
}

}  // namespace libsql::vector
