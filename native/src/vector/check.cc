#include "vector/check.h"

#include <new>
#include <string>
#include <utility>

#include "vector/index.h"
#include "vector/nearest.h"
#include "vector/sketch.h"
#include "vector/sketch_table.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

std::string check_index(sqlite3* db, const Index& index) {
  auto state = read_state(db, index);
  if (!state) return "ok";
  const Sketcher sketcher(index.metric, std::move(state->mean));
  SqliteStatement rows(db, index.rows);
  SqliteStatement sketch(
      db, "SELECT data FROM " + shadow_name(index.name, kSketchesSuffix) + " WHERE key = ?1");
  while (rows.step()) {
    const ResetAtEnd reset(sketch);
    sketch.bind(1, sqlite3_column_value(rows.get(), 0));
    const bool there = sketch.step();
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    vector.check(index.type, "search");
    if (there && sketch.blob(0) == sketcher.sketch(vector.view())) continue;
    return "the row " + rows.text(0) +
           (there ? " has the sketch of another vector" : " has no sketch");
  }
  return "ok";
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
