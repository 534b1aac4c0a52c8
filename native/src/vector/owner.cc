#include "vector/owner.h"

#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "vector/failure.h"
#include "vector/index.h"
#include "vector/nearest.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

// An index as its triggers need it. Made at the first write; SQLite disconnects the virtual table,
// and so forgets this, when it reads a changed schema.
struct Opened {
  Opened(sqlite3* db, const IndexName& name) : index(find_index(db, name)), row(db, index.row) {}

  Index index;
  SqliteStatement row;
};

// SQLite's structure comes first: it hands out pointers to it.
struct Owner {
  sqlite3_vtab base{};
  sqlite3* db = nullptr;
  IndexName name;
  std::optional<Opened> opened;
};

Owner& owner_of(sqlite3_vtab* table) { return *reinterpret_cast<Owner*>(table); }

void set_message(sqlite3_vtab* table, const char* message) {
  sqlite3_free(table->zErrMsg);
  table->zErrMsg = sqlite3_mprintf("%s", message);
}

// Runs `function` as SQLite, which is written in C, calls it.
template <typename Function>
int called_by_sqlite(sqlite3_vtab* table, Function&& function) noexcept {
  try {
    std::forward<Function>(function)(owner_of(table));
    return SQLITE_OK;
  } catch (const SqliteFailure& failure) {
    set_message(table, failure.what());
    return failure.code();
  } catch (const Failure& failure) {
    set_message(table, failure.what());
    return SQLITE_ERROR;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

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

class ResetAtEnd {
 public:
  explicit ResetAtEnd(SqliteStatement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.reset(); }

 private:
  SqliteStatement& statement_;
};

// An index that a program without this library has dropped leaves its triggers behind.
void row_has_changed(Owner& owner, sqlite3_value* key) {
  if (!owner.opened) {
    if (!schema_text(owner.db, owner.name)) return;
    owner.opened.emplace(owner.db, owner.name);
  }
  SqliteStatement& row = owner.opened->row;
  const ResetAtEnd reset(row);
  row.bind(1, key);
  if (!row.step()) return;
  // SQLite holds the connection's mutex meanwhile, so its values may be read in place.
  const SearchVector vector(sqlite3_column_value(row.get(), 0));
  vector.check(owner.opened->index.type, "insert");
}

// An INSERT has the new rowid and the columns behind an old rowid that is NULL.
int update(sqlite3_vtab* table, int count, sqlite3_value** values,
           sqlite3_int64* /*rowid*/) noexcept {
  return called_by_sqlite(table, [&](Owner& owner) {
    constexpr int kInsertOfOneColumn = 3;
    if (count != kInsertOfOneColumn || sqlite3_value_type(values[0]) != SQLITE_NULL) {
      throw Failure("only INSERT writes to the table of an index on vectors");
    }
    row_has_changed(owner, values[2]);
  });
}

sqlite3_module make_module() noexcept {
  sqlite3_module module{};
  module.xCreate = &connect;
  module.xConnect = &connect;
  module.xBestIndex = &best_index;
  module.xDisconnect = &disconnect;
  module.xDestroy = &disconnect;
  module.xOpen = &open;
  module.xClose = &close;
  module.xFilter = &filter;
  module.xNext = &next;
  module.xEof = &eof;
  module.xColumn = &column;
  module.xRowid = &rowid;
  module.xUpdate = &update;
  module.xRename = &rename;
  return module;
}

}  // namespace

std::string owner_name(std::string_view index) { return std::string(kOwnerPrefix).append(index); }

int register_owner(sqlite3* db) noexcept {
  static const sqlite3_module kModule = make_module();
  return sqlite3_create_module_v2(db, kOwnerModule.data(), &kModule, nullptr, nullptr);
}

}  // namespace libsql::vector
