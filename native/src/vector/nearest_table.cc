#include "vector/nearest_table.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "vector/distance.h"
#include "vector/failure.h"
#include "vector/index.h"
#include "vector/index_state.h"
#include "vector/kernels.h"
#include "vector/keys.h"
#include "vector/nearest.h"
#include "vector/sqlite_statement.h"
#include "vector/table_function.h"

namespace libsql::vector {

namespace {

enum Column : int { index_column, vector_column, id_column, distance_column };
enum Plan : int { all_rows, row_by_id };

constexpr std::int64_t kFirstPortion = 50;
// A search is for so many times as many rows as its portion has: a row that it misses would come
// after farther ones.
constexpr std::int64_t kCare = 3;
constexpr std::int64_t kGrowth = 16;
// A search measures four rows for each that it finds, in no good order: once it wants a part of
// the rows that is not small, measuring all is faster.
constexpr std::int64_t kSmallPart = 12;

// A row without a distance comes last, also where SQLite sorts.
double at_the_end(double distance) {
  return std::isnan(distance) ? std::numeric_limits<double>::infinity() : distance;
}

// A search over one index for one vector, in portions.
class Search {
 public:
  Search(FunctionTable& table, sqlite3_value* index, sqlite3_value* vector)
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

  FunctionTable& table_;
  OwnedValue index_argument_;
  OwnedValue vector_;
  SearchVector query_;
  Index index_;
  SqliteStatement row_;
  std::int64_t wanted_ = 0;
  bool finished_ = false;
  std::vector<OwnedValue> known_;  // The keys that have been found, in their order.
};

// The constraint that gives a row's key in this plan; -1 if there is none. A key is compared as
// bytes only.
int key_constraint(sqlite3_index_info* info) noexcept {
  for (int each = 0; each < info->nConstraint; ++each) {
    const auto& constraint = info->aConstraint[each];
    if (constraint.iColumn != id_column || constraint.op != SQLITE_INDEX_CONSTRAINT_EQ) continue;
    if (constraint.usable == 0) continue;
    if (sqlite3_stricmp(sqlite3_vtab_collation(info, each), "BINARY") == 0) return each;
  }
  return -1;
}

// What the plans cost, in the units of SQLite, for which a row of a table costs one to three. Below
// about 2,000 rows, measuring each is faster than a search that passes over many others.
constexpr double kCostOfSearch = 20'000;
constexpr double kCostOfRow = 5;
constexpr sqlite3_int64 kRowsOfSearch = 100;

// The rows by their distance, or one by its key.
class Nearest {
 public:
  // SQLite tells rows that several terms of an OR find apart by the primary key.
  static constexpr const char* kDeclaration =
      "CREATE TABLE x(idx HIDDEN, vector HIDDEN, id, distance REAL, PRIMARY KEY(idx, vector, id)) "
      "WITHOUT ROWID";
  static constexpr int kArguments = 2;

  explicit Nearest(FunctionTable& table) noexcept : table_(table) {}

  static void plan(sqlite3_index_info* info) noexcept {
    const int key = key_constraint(info);
    if (key >= 0) {
      info->aConstraintUsage[key].argvIndex = kArguments + 1;
      info->idxNum = row_by_id;
      info->idxFlags = SQLITE_INDEX_SCAN_UNIQUE;
      info->estimatedCost = kCostOfRow;
      info->estimatedRows = 1;
      return;
    }
    info->idxNum = all_rows;
    info->estimatedCost = kCostOfSearch;
    info->estimatedRows = kRowsOfSearch;
    info->orderByConsumed = info->nOrderBy == 1 && info->aOrderBy[0].iColumn == distance_column &&
                                    info->aOrderBy[0].desc == 0
                                ? 1
                                : 0;
  }
  [[noreturn]] static void refuse(int /*given*/) {
    throw Failure("vector index(search): vector_nearest needs an index and a vector");
  }

  // As the inner loop of a join, it is called for each row with the same index and vector.
  void start(int plan, sqlite3_value** values) {
    found_.clear();
    at_ = 0;
    plan_ = static_cast<Plan>(plan);
    const bool goes_on = plan_ == row_by_id && search_ &&
                         search_->is_for(values[index_column], values[vector_column]);
    if (!goes_on) {
      search_.reset();
      search_.emplace(table_, values[index_column], values[vector_column]);
    }
    found_ = plan_ == row_by_id ? search_->row(values[kArguments]) : search_->next_portion();
  }
  void advance() {
    if (++at_ < found_.size() || plan_ == row_by_id) return;
    found_ = search_->next_portion();
    at_ = 0;
  }
  [[nodiscard]] bool at_end() const noexcept { return at_ >= found_.size(); }
  void answer(sqlite3_context* context, int column) const noexcept {
    const Neighbour& row = found_[at_];
    if (column == distance_column) {
      sqlite3_result_double(context, at_the_end(row.distance));
    } else {
      sqlite3_result_value(context,
                           column == id_column ? row.key.get() : search_->argument(column));
    }
  }

 private:
  FunctionTable& table_;
  std::optional<Search> search_;
  Plan plan_ = all_rows;
  std::vector<Neighbour> found_;
  std::size_t at_ = 0;
};

}  // namespace

int register_nearest_table(sqlite3* db) noexcept {
  return TableFunction<Nearest>::add_to(db, "vector_nearest");
}

}  // namespace libsql::vector
