#include "vector/check.h"

#include <new>
#include <optional>
#include <string>
#include <utility>

#include "vector/centres.h"
#include "vector/index.h"
#include "vector/index_state.h"
#include "vector/nearest.h"
#include "vector/sketch.h"
#include "vector/sketch_lists.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

// What is wrong; nothing if all is well.
using Finding = std::optional<std::string>;

// Each row of the table has its own sketch, in a list that there is.
class RowCheck {
 public:
  RowCheck(sqlite3* db, const Index& index, const IndexState& state)
      : index_(index),
        sketcher_(state.mean),
        shape_(sketcher_.size()),
        centres_(read_centres(db, index)),
        place_(db, "SELECT id, place FROM " + shadow_name(index.name, kPlacesSuffix) +
                       (index.has_rowids ? " WHERE id = ?1" : " WHERE key = ?1")),
        chunk_(db, "SELECT data FROM " + shadow_name(index.name, kSketchesSuffix) +
                       " WHERE place = ?1") {}

  [[nodiscard]] Finding check(sqlite3_value* key, sqlite3_value* value, const std::string& name) {
    const SearchVector vector(value);
    vector.check(index_.type, "search");
    const auto values = regular(vector.view(), index_.metric);
    const ResetAtEnd reset(place_);
    place_.bind(1, key);
    if (!place_.step()) return "the row " + name + " has no sketch";
    const std::int64_t place = sqlite3_column_int64(place_.get(), 1);
    const ResetAtEnd reset_chunk(chunk_);
    chunk_.bind(1, place);
    static_cast<void>(chunk_.step());
    const std::string_view data = chunk_.blob(0);
    const std::size_t entry = shape_.find(data, sqlite3_column_int64(place_.get(), 0));
    const std::int64_t list = list_of(place);
    if (list != kIrregular && !centres_.has(list)) {
      return "the row " + name + " is in a list that has no centre";
    }
    const bool fits = list == kIrregular ? !values
                                         : values && shape_.sketch(data, entry) ==
                                                         Sketcher::sketch(sketcher_.turned(*values),
                                                                          centres_.of(list));
    if (!fits) return "the row " + name + " has the sketch of another vector";
    return std::nullopt;
  }

 private:
  const Index& index_;
  Sketcher sketcher_;
  ChunkShape shape_;
  Centres centres_;
  SqliteStatement place_;
  SqliteStatement chunk_;
};

// The chunks of each list follow each other and are full but the last, and each entry is known to
// be where it is.
Finding check_chunks(sqlite3* db, const Index& index) {
  const ChunkShape shape(Sketcher::size_for(index.type.dimensions));
  const auto capacity = static_cast<std::int64_t>(shape.capacity());
  SqliteStatement chunks(db, "SELECT place, data FROM " + shadow_name(index.name, kSketchesSuffix) +
                                 " ORDER BY place");
  SqliteStatement known(db, "SELECT 1 FROM " + shadow_name(index.name, kPlacesSuffix) +
                                " WHERE id = ?1 AND place = ?2");
  std::int64_t before = -1;
  bool full = true;
  while (chunks.step()) {
    const std::int64_t place = sqlite3_column_int64(chunks.get(), 0);
    const bool first = list_of(place) != list_of(before) || before < 0;
    const bool follows = first ? place % kChunksOfList == 0 : full && place == before + 1;
    if (!follows) return "the chunk " + std::to_string(place) + " does not follow a full one";
    const auto count = static_cast<std::int64_t>(shape.entries(chunks.blob(1)));
    for (std::int64_t entry = 0; entry < count; ++entry) {
      const ResetAtEnd reset(known);
      const std::int64_t id = shape.id(chunks.blob(1), static_cast<std::size_t>(entry));
      known.bind(1, id);
      known.bind(2, place);
      if (!known.step()) {
        return "the sketch of row " + std::to_string(id) + " is not where it is said to be";
      }
    }
    before = place;
    full = count == capacity;
  }
  return std::nullopt;
}

Finding check_rows(sqlite3* db, const Index& index, const IndexState& state) {
  RowCheck check(db, index, state);
  SqliteStatement rows(db, index.rows);
  while (rows.step()) {
    auto finding = check.check(sqlite3_column_value(rows.get(), 0),
                               sqlite3_column_value(rows.get(), 1), rows.text(0));
    if (finding) return finding;
  }
  return std::nullopt;
}

std::string check_index(sqlite3* db, const Index& index) {
  const auto state = read_state(db, index);
  if (!state) return "ok";
  try {
    const Finding finding = check_rows(db, index, *state);
    return finding ? *finding : check_chunks(db, index).value_or("ok");
  } catch (const SqliteFailure&) {
    throw;
  } catch (const Failure& failure) {
    return failure.what();
  }
}

void check(sqlite3_context* context, int /*count*/, sqlite3_value** values) noexcept {
  try {
    sqlite3* const db = sqlite3_context_db_handle(context);
    const unsigned char* const name = sqlite3_value_text(values[0]);
    if (name == nullptr) throw Failure("vector_index_check: the name of an index is wanted");
    const std::string found =
        check_index(db, find_index(db, parse_index_name(db, reinterpret_cast<const char*>(name))));
    sqlite3_result_text64(context, found.data(), found.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } catch (const SqliteFailure& failure) {
    sqlite3_result_error(context, failure.what(), -1);
    sqlite3_result_error_code(context, failure.code());
  } catch (const Failure& failure) {
    sqlite3_result_error(context, failure.what(), -1);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

}  // namespace

int register_check(sqlite3* db) noexcept {
  return sqlite3_create_function_v2(db, "vector_index_check", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                    nullptr, &check, nullptr, nullptr, nullptr);
}

}  // namespace libsql::vector
