#include "vector/top_k.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "vector/failure.h"
#include "vector/index.h"
#include "vector/nearest.h"
#include "vector/sketch_cache.h"
#include "vector/virtual_table.h"

namespace libsql::vector {

namespace {

enum Column : int { index_column, vector_column, k_column, id_column };
constexpr int kArguments = 3;

// SQLite's structures come first: it hands out pointers to them.
struct TopKTable {
  sqlite3_vtab base{};
  sqlite3* db = nullptr;
  SketchCaches caches;
};

struct TopKCursor {
  sqlite3_vtab_cursor base{};
  std::array<OwnedValue, kArguments> arguments;
  std::vector<Neighbour> found;
  std::size_t at = 0;
};

TopKCursor& cursor_of(sqlite3_vtab_cursor* cursor) {
  return *reinterpret_cast<TopKCursor*>(cursor);
}

int connect(sqlite3* db, void* /*unused*/, int /*count*/, const char* const* /*words*/,
            sqlite3_vtab** table, char** /*message*/) noexcept {
  const int rc =
      sqlite3_declare_vtab(db, "CREATE TABLE x(idx HIDDEN, vector HIDDEN, k HIDDEN, id)");
  if (rc != SQLITE_OK) return rc;
  std::unique_ptr<TopKTable> created(new (std::nothrow) TopKTable);
  if (created == nullptr) return SQLITE_NOMEM;
  created->db = db;
  *table = &created.release()->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) noexcept {
  const std::unique_ptr<TopKTable> owner(reinterpret_cast<TopKTable*>(table));
  return SQLITE_OK;
}

// The arguments, in their order. A plan that cannot know one of them yet is refused, so that SQLite
// joins the other way round.
int best_index(sqlite3_vtab* table, sqlite3_index_info* info) noexcept {
  std::array<int, kArguments> chosen{-1, -1, -1};
  std::array<bool, kArguments> given{};
  for (int each = 0; each < info->nConstraint; ++each) {
    const auto& constraint = info->aConstraint[each];
    const int column = constraint.iColumn;
    if (column < 0 || column >= kArguments) continue;
    if (constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    const auto argument = static_cast<std::size_t>(column);
    given[argument] = true;
    if (constraint.usable != 0 && chosen[argument] < 0) chosen[argument] = each;
  }
  const int count = given[0] + given[1] + given[2];
  if (count < kArguments) {
    char text[64];
    sqlite3_snprintf(sizeof text, text, "vector index(search): got %d parameters, expected 3",
                     count);
    set_message(table, text);
    return SQLITE_ERROR;
  }
  for (std::size_t argument = 0; argument < chosen.size(); ++argument) {
    if (chosen[argument] < 0) return SQLITE_CONSTRAINT;
    auto& usage = info->aConstraintUsage[chosen[argument]];
    usage.argvIndex = static_cast<int>(argument) + 1;
    usage.omit = 1;
  }
  info->estimatedCost = 1;
  info->estimatedRows = 100;
  return SQLITE_OK;
}

int open(sqlite3_vtab* /*table*/, sqlite3_vtab_cursor** cursor) noexcept {
  std::unique_ptr<TopKCursor> created(new (std::nothrow) TopKCursor);
  if (created == nullptr) return SQLITE_NOMEM;
  *cursor = &created.release()->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) noexcept {
  const std::unique_ptr<TopKCursor> owner(&cursor_of(cursor));
  return SQLITE_OK;
}

// The number of rows that are wanted. One beyond any table's size is as good as none.
std::int64_t parse_count(sqlite3_value* value) {
  const auto refuse = [](const char* what) {
    throw Failure(std::string("vector index(search): third parameter (k) must be ") + what);
  };
  const int type = sqlite3_value_type(value);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) {
    refuse("an integer, but unexpected type of value were provided");
  }
  const double real = sqlite3_value_double(value);
  if (type == SQLITE_FLOAT && std::trunc(real) != real) {
    refuse("an integer, but float value were provided");
  }
  if (real < 0) refuse("a non-negative integer, but negative value were provided");
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  return real >= static_cast<double>(kMost) ? kMost : static_cast<std::int64_t>(real);
}

// The order of the checks is libSQL's.
void search(TopKCursor& cursor, sqlite3_value** values) {
  cursor.at = 0;
  cursor.found.clear();
  for (std::size_t each = 0; each < cursor.arguments.size(); ++each) {
    cursor.arguments[each] = copy_of(values[each]);
  }
  const SearchVector query(cursor.arguments[vector_column].get());
  const std::int64_t count = parse_count(values[k_column]);
  const std::string name = index_argument(values[index_column]);
  TopKTable& table = *reinterpret_cast<TopKTable*>(cursor.base.pVtab);
  const Index index = find_index(table.db, parse_index_name(table.db, name));
  cursor.found = find_nearest(table.db, index, query, count, table.caches);
}

int filter(sqlite3_vtab_cursor* cursor, int /*plan*/, const char* /*plan_text*/, int /*count*/,
           sqlite3_value** values) noexcept {
  return called_by_sqlite(cursor->pVtab, [&] { search(cursor_of(cursor), values); });
}

int next(sqlite3_vtab_cursor* cursor) noexcept {
  ++cursor_of(cursor).at;
  return SQLITE_OK;
}

int eof(sqlite3_vtab_cursor* cursor) noexcept {
  const TopKCursor& top = cursor_of(cursor);
  return top.at >= top.found.size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int index) noexcept {
  const TopKCursor& top = cursor_of(cursor);
  sqlite3_result_value(context, index == id_column
                                    ? top.found[top.at].key.get()
                                    : top.arguments[static_cast<std::size_t>(index)].get());
  return SQLITE_OK;
}

// The key if it is an integer, and else the number of the result.
int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) noexcept {
  const TopKCursor& top = cursor_of(cursor);
  sqlite3_value* const key = top.found[top.at].key.get();
  *id = sqlite3_value_type(key) == SQLITE_INTEGER ? sqlite3_value_int64(key)
                                                  : static_cast<sqlite3_int64>(top.at);
  return SQLITE_OK;
}

// Without xCreate: the function is there without CREATE VIRTUAL TABLE, and only so.
sqlite3_module make_module() noexcept {
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

}  // namespace

int register_top_k(sqlite3* db) noexcept {
  static const sqlite3_module kModule = make_module();
  return sqlite3_create_module_v2(db, "vector_top_k", &kModule, nullptr, nullptr);
}

}  // namespace libsql::vector
