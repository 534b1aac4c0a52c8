#include "vector/nearest.h"

#include <new>
#include <string>
#include <utility>

#include "vector/arguments.h"
#include "vector/best.h"
#include "vector/distance.h"
#include "vector/failure.h"
#include "vector/kernels.h"
#include "vector/sketch_search.h"
#include "vector/sqlite_statement.h"
#include "vector/text.h"

namespace libsql::vector {

namespace {

void check_same(const char* doing, const char* what, std::size_t got, std::size_t wanted) {
  if (got == wanted) return;
  throw Failure(std::string("vector index(") + doing + "): " + what + ": " + std::to_string(got) +
                " != " + std::to_string(wanted));
}

}  // namespace

SearchVector::SearchVector(sqlite3_value* value) {
  const Argument argument(value);
  if (argument.is_text()) {
    numbers_ = parse_floats(argument.text());
    view_ = view_of(numbers_);
  } else {
    view_ = argument.view();
  }
}

void SearchVector::check(const ColumnType& type, const char* doing) const {
  check_same(doing, "dimensions are different", view_.dimensions, type.dimensions);
  check_same(doing, "vector type differs from column type", static_cast<std::size_t>(view_.element),
             static_cast<std::size_t>(type.element));
}

std::vector<Neighbour> find_nearest(sqlite3* db, const Index& index, const SearchVector& query,
                                    std::int64_t count, SketchCaches& caches) {
  query.check(index.type, "search");
  if (count == 0) return {};
  if (auto found = find_by_sketches(db, index, query, count, caches)) return *std::move(found);
  return measure_all(db, index, query, count);
}

std::vector<Neighbour> measure_all(sqlite3* db, const Index& index, const SearchVector& query,
                                   std::int64_t count) {
  const auto distance = distance_of(index.metric);
  Best best(count);
  SqliteStatement rows(db, index.rows);
  for (std::int64_t position = 0; rows.step(); ++position) {
    // SQLite holds the connection's mutex meanwhile, so its values may be read in place.
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    vector.check(index.type, "search");
    best.offer(distance(vector.view(), query.view(), kernels()), position,
               sqlite3_column_value(rows.get(), 0));
  }
  return std::move(best).in_order();
}

std::string index_argument(sqlite3_value* value) {
  if (sqlite3_value_type(value) != SQLITE_TEXT) {
    throw Failure("vector index(search): first parameter (index) must be a string");
  }
  const unsigned char* const text = sqlite3_value_text(value);
  if (text == nullptr) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

}  // namespace libsql::vector
