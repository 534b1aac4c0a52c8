// Makes table-valued functions: virtual tables that exist without CREATE VIRTUAL TABLE, are only
// read, and have hidden columns first, the arguments.
#ifndef LIBSQL_VECTOR_TABLE_FUNCTION_H_
#define LIBSQL_VECTOR_TABLE_FUNCTION_H_

#include <memory>
#include <new>

#include <sqlite3.h>

#include "vector/sketch_cache.h"
#include "vector/virtual_table.h"

namespace libsql::vector {

// The virtual table. SQLite's structures come first: it hands out pointers to them.
struct FunctionTable {
  sqlite3_vtab base{};
  sqlite3* db = nullptr;
  SketchCaches caches;
};

enum class Arguments { known, not_yet_known, missing };

// Has SQLite give the values of the first `count` columns to xFilter, in their order, if this plan
// knows all of them. Some may come from a loop that is further inside: not_yet_known. If some are
// missing, the plan is the one that xFilter refuses, at a cost with which SQLite takes it only
// where there is no other; its number, idxNum, is -1 less the number of those that are there. It
// has to be possible, because SQLite also asks for a plan of each term of an OR without the others.
[[nodiscard]] Arguments plan_arguments(sqlite3_index_info* info, int count) noexcept;

// The functions that SQLite calls. Rows is one reading of the table:
//
//     static constexpr const char* kDeclaration    the CREATE TABLE statement of its columns
//     static constexpr int kArguments              how many of them are arguments
//     explicit Rows(FunctionTable&) noexcept       the table outlives it
//     static void plan(sqlite3_index_info*)        noexcept; where the arguments are known
//     [[noreturn]] static void refuse(int given)   too few arguments: throws Failure
//     void start(int plan, sqlite3_value** values), void advance()    throw as called_by_sqlite
//     says bool at_end() const, void answer(sqlite3_context*, int column) const    noexcept
//     sqlite3_int64 rowid() const                  noexcept; not for a table WITHOUT ROWID
template <typename Rows>
class TableFunction {
 public:
  // Errors are those of sqlite3_create_module_v2.
  [[nodiscard]] static int add_to(sqlite3* db, const char* name) noexcept {
    static const sqlite3_module kModule = make_module();
    return sqlite3_create_module_v2(db, name, &kModule, nullptr, nullptr);
  }

 private:
  struct Cursor {
    explicit Cursor(FunctionTable& table) noexcept : rows(table) {}
    sqlite3_vtab_cursor base{};
    Rows rows;
  };
  static FunctionTable& table_of(sqlite3_vtab* table) noexcept {
    return *reinterpret_cast<FunctionTable*>(table);
  }
  static Cursor& cursor_of(sqlite3_vtab_cursor* cursor) noexcept {
    return *reinterpret_cast<Cursor*>(cursor);
  }

  static int connect(sqlite3* db, void* /*unused*/, int /*count*/, const char* const* /*words*/,
                     sqlite3_vtab** table, char** /*message*/) noexcept {
    const int rc = sqlite3_declare_vtab(db, Rows::kDeclaration);
    if (rc != SQLITE_OK) return rc;
    std::unique_ptr<FunctionTable> created(new (std::nothrow) FunctionTable);
    if (created == nullptr) return SQLITE_NOMEM;
    created->db = db;
    *table = &created.release()->base;
    return SQLITE_OK;
  }
  static int disconnect(sqlite3_vtab* table) noexcept {
    const std::unique_ptr<FunctionTable> owner(&table_of(table));
    return SQLITE_OK;
  }
  static int best_index(sqlite3_vtab* /*table*/, sqlite3_index_info* info) noexcept {
    const Arguments arguments = plan_arguments(info, Rows::kArguments);
    if (arguments == Arguments::not_yet_known) return SQLITE_CONSTRAINT;
    if (arguments == Arguments::known) Rows::plan(info);
    return SQLITE_OK;
  }
  static int open(sqlite3_vtab* table, sqlite3_vtab_cursor** cursor) noexcept {
    std::unique_ptr<Cursor> created(new (std::nothrow) Cursor(table_of(table)));
    if (created == nullptr) return SQLITE_NOMEM;
    *cursor = &created.release()->base;
    return SQLITE_OK;
  }
  static int close(sqlite3_vtab_cursor* cursor) noexcept {
    const std::unique_ptr<Cursor> owner(&cursor_of(cursor));
    return SQLITE_OK;
  }
  static int filter(sqlite3_vtab_cursor* cursor, int plan, const char* /*plan_text*/, int /*count*/,
                    sqlite3_value** values) noexcept {
    return called_by_sqlite(cursor->pVtab, [&] {
      if (plan < 0) Rows::refuse(-1 - plan);
      cursor_of(cursor).rows.start(plan, values);
    });
  }
  static int next(sqlite3_vtab_cursor* cursor) noexcept {
    return called_by_sqlite(cursor->pVtab, [&] { cursor_of(cursor).rows.advance(); });
  }
  static int eof(sqlite3_vtab_cursor* cursor) noexcept {
    return cursor_of(cursor).rows.at_end() ? 1 : 0;
  }
  static int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int index) noexcept {
    cursor_of(cursor).rows.answer(context, index);
    return SQLITE_OK;
  }
  static int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) noexcept {
    if constexpr (requires(const Rows& rows) { rows.rowid(); }) {
      *id = cursor_of(cursor).rows.rowid();
      return SQLITE_OK;
    } else {
      return SQLITE_MISUSE;  // SQLite asks no table WITHOUT ROWID.
    }
  }

  // Without xCreate: the function is there without CREATE VIRTUAL TABLE, and only so.
  static sqlite3_module make_module() noexcept {
    sqlite3_module module{};
    module.xConnect = &connect;
    module.xDisconnect = &disconnect;
    module.xBestIndex = &best_index;
    module.xOpen = &open;
    module.xClose = &close;
    module.xFilter = &filter;
    module.xNext = &next;
    module.xEof = &eof;
    module.xColumn = &column;
    module.xRowid = &rowid;
    return module;
  }
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_TABLE_FUNCTION_H_
