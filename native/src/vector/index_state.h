// The shadow tables of an index's virtual table, and the row that says what its sketches were made
// with.
#ifndef LIBSQL_VECTOR_INDEX_STATE_H_
#define LIBSQL_VECTOR_INDEX_STATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "vector/index.h"

namespace libsql::vector {

// _state(id = 1, ...): an IndexState. Without it, no row has a sketch, and searches measure all
// rows.
inline constexpr const char* kStateSuffix = "state";
// _lists(list, centre): the lists of rows that lie around a centre. See centres.h.
inline constexpr const char* kListsSuffix = "lists";
// _sketches(place, data): the lists' sketches in chunks. See sketch_lists.h.
inline constexpr const char* kSketchesSuffix = "sketches";
// _places(id, place), or (id, key, place) where rows have no rowids: where the sketch of a row is.
inline constexpr const char* kPlacesSuffix = "places";

// "schema"."libsql_vx_name_suffix".
[[nodiscard]] std::string shadow_name(const IndexName& index, const char* suffix);
// Whether SQLite is to protect "libsql_vx_name_suffix".
[[nodiscard]] bool is_shadow_suffix(const char* suffix) noexcept;

void create_shadow_tables(sqlite3* db, const Index& index);
void drop_shadow_tables(sqlite3* db, const IndexName& index);

// How many rows a list has: more than twice as many, and it is split; less than a quarter, and it
// is merged into others.
inline constexpr std::int64_t kListRows = 200;

// Two random numbers tell other connections, and this one after a rollback, what has changed.
struct IndexState {
  std::int64_t build = 0;    // Another for each build: all sketches and the mean are new.
  std::int64_t edition = 0;  // Another whenever centres have changed.
  std::int64_t rows = 0;     // The rows of the latest build with a sketch.
  std::int64_t list_rows = kListRows;
  // Nearly all of a query's nearest rows are in lists the square of whose centre's distance exceeds
  // that of the farthest of these rows by no more, by the build's measurement.
  double reach = 0;
  std::vector<float> mean;

  // From so many rows on there are several lists: a scan of fewer sketches is as fast.
  [[nodiscard]] std::int64_t fewest_rows_for_lists() const noexcept { return 80 * list_rows; }
};

[[nodiscard]] std::int64_t random_number() noexcept;

// Throws the Failure for tables that do not fit each other.
[[noreturn]] void refuse_damaged(const Index& index);

// Nothing if the index has no sketches, or such of another version of this library.
[[nodiscard]] std::optional<IndexState> read_state(sqlite3* db, const Index& index);
void write_state(sqlite3* db, const Index& index, const IndexState& state);
// How many rows have sketches, counted up to `limit`.
[[nodiscard]] std::int64_t count_sketches(sqlite3* db, const Index& index, std::int64_t limit);
// Removes all sketches.
void clear_shadow_tables(sqlite3* db, const Index& index);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_INDEX_STATE_H_
