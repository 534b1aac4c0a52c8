#include "vector/nearest_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <vector>

#include "vector/distance.h"
#include "vector/index.h"
#include "vector/index_state.h"
#include "vector/kernels.h"
#include "vector/keys.h"
#include "vector/nearest.h"
#include "vector/sketch_cache.h"
#include "vector/sqlite_statement.h"
#include "vector/virtual_table.h"

namespace libsql::vector {

namespace {

enum Column : int { index_column, vector_column, id_column, distance_column };
constexpr int kArguments = 2;
enum Plan : int { all_rows, row_by_id };

constexpr std::int64_t kFirstPortion = 50;
// A search is for so many times as many rows as its portion has: a row that it misses would come
// after farther ones.
constexpr std::int64_t kCare = 3;
constexpr std::int64_t kGrowth = 16;
// A search measures four rows for each that it finds, in no good order: once it wants a part of
// the rows that is not small, measuring all is faster.
constexpr std::int64_t kSmallPart = 12;

// SQLite's structures come first: it hands out pointers to them.
struct NearestTable {
  sqlite3_vtab base{};
  sqlite3* db = nullptr;
  SketchCaches caches;
};

// A row without a distance comes last, also where SQLite sorts.
double at_the_end(double distance) {
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

// A search over one index for one vector, in portions.
class Search {
 public:
  Search(NearestTable& table, sqlite3_value* index, sqlite3_value* vector)
      : table_(table),
        index_argument_(copy_of(index)),
        vector_(copy_of(vector)),
        query_(vector_.get()),
        index_(find_index(table.db, parse_index_name(table.db, index_argument(index)))),
        row_(table.db, index_.row) {
    query_.check(index_.type, "search");
  }

  [[nodiscard]] bool is_for(sqlite3_value* index, sqlite3_value* vector) const {
    return is_same(index, index_argument_.get()) && is_same(vector, vector_.get());
  }
  // The index's name or the vector.
  [[nodiscard]] sqlite3_value* argument(int column) const noexcept {
    return column == index_column ? index_argument_.get() : vector_.get();
  }

  // Those that follow the ones that have been found; none at the end.
  std::vector<Neighbour> next_portion() {
    while (!finished_) {
      wanted_ = wanted_ == 0 ? kFirstPortion : kGrowth * wanted_;
      const std::int64_t small = kSmallPart * wanted_;
      finished_ = count_sketches(table_.db, index_, small + 1) <= small;
      std::vector<Neighbour> portion =
          finished_
              ? measure_all(table_.db, index_, query_, std::numeric_limits<std::int64_t>::max())
              : find_nearest(table_.db, index_, query_, kCare * wanted_, table_.caches);
      if (!finished_) portion.resize(std::min(portion.size(), static_cast<std::size_t>(wanted_)));
      std::erase_if(portion, [this](const Neighbour& each) { return known(each.key.get()); });
      if (!finished_) remember(portion);
      if (!portion.empty()) return portion;
    }
    return {};
  }

  // The row with that key, if it is in the index.
  std::vector<Neighbour> row(sqlite3_value* key) {
    std::vector<Neighbour> found;
    const ResetAtEnd reset(row_);
    row_.bind(1, key);
    if (!row_.step()) return found;
    const SearchVector vector(sqlite3_column_value(row_.get(), 1));
    vector.check(index_.type, "search");
    found.push_back({distance_of(index_.metric)(vector.view(), query_.view(), kernels()), 0,
                     copy_of(sqlite3_column_value(row_.get(), 0))});
    return found;
  }

 private:
  static bool less(const OwnedValue& left, const OwnedValue& right) {
    return is_before(left.get(), right.get());
  }
  [[nodiscard]] bool known(sqlite3_value* key) const {
    const auto place = std::ranges::lower_bound(known_, key, &is_before, &OwnedValue::get);
    return place != known_.end() && is_same(place->get(), key);
  }
  void remember(const std::vector<Neighbour>& portion) {
    for (const Neighbour& each : portion) known_.push_back(copy_of(each.key.get()));
    std::ranges::sort(known_, &less);
  }

  NearestTable& table_;
  OwnedValue index_argument_;
  OwnedValue vector_;
  SearchVector query_;
  Index index_;
  SqliteStatement row_;
  std::int64_t wanted_ = 0;
  bool finished_ = false;
  std::vector<OwnedValue> known_;  // The keys that have been found, in their order.
};

struct NearestCursor {
  sqlite3_vtab_cursor base{};
  std::optional<Search> search;
  Plan plan = all_rows;
  std::vector<Neighbour> found;
  std::size_t at = 0;
};

NearestTable& table_of(sqlite3_vtab* table) { return *reinterpret_cast<NearestTable*>(table); }

NearestCursor& cursor_of(sqlite3_vtab_cursor* cursor) {
  return *reinterpret_cast<NearestCursor*>(cursor);
}

int connect(sqlite3* db, void* /*unused*/, int /*count*/, const char* const* /*words*/,
            sqlite3_vtab** table, char** /*message*/) noexcept {
  const int rc =
      sqlite3_declare_vtab(db, "CREATE TABLE x(idx HIDDEN, vector HIDDEN, id, distance REAL)");
  if (rc != SQLITE_OK) return rc;
  std::unique_ptr<NearestTable> created(new (std::nothrow) NearestTable);
  if (created == nullptr) return SQLITE_NOMEM;
  created->db = db;
  *table = &created.release()->base;
  return SQLITE_OK;
}

int disconnect(sqlite3_vtab* table) noexcept {
  const std::unique_ptr<NearestTable> owner(&table_of(table));
  return SQLITE_OK;
}

// --- Plans ---

// The constraint that gives a column its value in this plan; -1 if there is none, or it is
// unusable. A key is compared as bytes only.
int value_of(sqlite3_index_info* info, int column) {
  for (int each = 0; each < info->nConstraint; ++each) {
    const auto& constraint = info->aConstraint[each];
    if (constraint.iColumn != column || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) continue;
    if (column != id_column) return each;
    if (sqlite3_stricmp(sqlite3_vtab_collation(info, each), "BINARY") == 0) return each;
  }
  return -1;
}

bool is_given(const sqlite3_index_info* info, int column) {
  for (int each = 0; each < info->nConstraint; ++each) {
    const auto& constraint = info->aConstraint[each];
    if (constraint.iColumn == column && constraint.op == SQLITE_INDEX_CONSTRAINT_EQ) return true;
  }
  return false;
}

// What the plans cost, in the units of SQLite, for which a row of a table costs one to three. Below
// about 2,000 rows, measuring each is faster than a search that passes over many others.
constexpr double kCostOfSearch = 20'000;
constexpr double kCostOfRow = 5;
constexpr sqlite3_int64 kRowsOfSearch = 100;

int best_index(sqlite3_vtab* table, sqlite3_index_info* info) noexcept {
  if (!is_given(info, index_column) || !is_given(info, vector_column)) {
    set_message(table, "vector index(search): vector_nearest needs an index and a vector");
    return SQLITE_ERROR;
  }
  for (int column = 0; column < kArguments; ++column) {
    const int value = value_of(info, column);
    if (value < 0) return SQLITE_CONSTRAINT;
    info->aConstraintUsage[value].argvIndex = column + 1;
    info->aConstraintUsage[value].omit = 1;
  }
  const int key = value_of(info, id_column);
  if (key >= 0) {
    info->aConstraintUsage[key].argvIndex = kArguments + 1;
    info->idxNum = row_by_id;
    info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
    info->estimatedCost = kCostOfRow;
    info->estimatedRows = 1;
    return SQLITE_OK;
  }
  info->idxNum = all_rows;
  info->estimatedCost = kCostOfSearch;
  info->estimatedRows = kRowsOfSearch;
  info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn == distance_column &&
                                  info->aOrderBy[0].desc == 0
                              ? 1
                              : 0;
  return SQLITE_OK;
}

// --- Reading ---

int open(sqlite3_vtab* /*table*/, sqlite3_vtab_cursor** cursor) noexcept {
  std::unique_ptr<NearestCursor> created(new (std::nothrow) NearestCursor);
  if (created == nullptr) return SQLITE_NOMEM;
  *cursor = &created.release()->base;
  return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) noexcept {
  const std::unique_ptr<NearestCursor> owner(&cursor_of(cursor));
  return SQLITE_OK;
}

// As the inner loop of a join, it is called for each row with the same index and vector.
int filter(sqlite3_vtab_cursor* cursor, int plan, const char* /*plan_text*/, int /*count*/,
           sqlite3_value** values) noexcept {
  return called_by_sqlite(cursor->pVtab, [&] {
    NearestCursor& nearest = cursor_of(cursor);
    nearest.found.clear();
    nearest.at = 0;
    nearest.plan = static_cast<Plan>(plan);
    const bool goes_on = nearest.plan == row_by_id && nearest.search &&
                         nearest.search->is_for(values[index_column], values[vector_column]);
    if (!goes_on) {
      nearest.search.reset();
      nearest.search.emplace(table_of(cursor->pVtab), values[index_column], values[vector_column]);
    }
    nearest.found = nearest.plan == row_by_id ? nearest.search->row(values[kArguments])
                                              : nearest.search->next_portion();
  });
}

int next(sqlite3_vtab_cursor* cursor) noexcept {
  return called_by_sqlite(cursor->pVtab, [&] {
    NearestCursor& nearest = cursor_of(cursor);
    if (++nearest.at < nearest.found.size() || nearest.plan == row_by_id) return;
    nearest.found = nearest.search->next_portion();
    nearest.at = 0;
  });
}

int eof(sqlite3_vtab_cursor* cursor) noexcept {
  const NearestCursor& nearest = cursor_of(cursor);
  return nearest.at >= nearest.found.size() ? 1 : 0;
}

int column(sqlite3_vtab_cursor* cursor, sqlite3_context* context, int index) noexcept {
  const NearestCursor& nearest = cursor_of(cursor);
  const Neighbour& row = nearest.found[nearest.at];
  if (index == distance_column) {
    sqlite3_result_double(context, at_the_end(row.distance));
  } else if (index == id_column) {
    sqlite3_result_value(context, row.key.get());
  } else {
    sqlite3_result_value(context, nearest.search->argument(index));
  }
  return SQLITE_OK;
}

int rowid(sqlite3_vtab_cursor* cursor, sqlite3_int64* id) noexcept {
  const NearestCursor& nearest = cursor_of(cursor);
  *id = sqlite3_value_int64(nearest.found[nearest.at].key.get());
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

int register_nearest_table(sqlite3* db) noexcept {
  static const sqlite3_module kModule = make_module();
  return sqlite3_create_module_v2(db, "vector_nearest", &kModule, nullptr, nullptr);
}

}  // namespace libsql::vector
