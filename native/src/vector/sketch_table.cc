#include "vector/sketch_table.h"

#include <cstddef>
#include <cstring>
#include <tuple>
#include <utility>
#include <vector>

#include "vector/nearest.h"
#include "vector/owner.h"

namespace libsql::vector {

namespace {

constexpr std::int64_t kVersion = 1;
// Rows are counted at the first write of a connection and then once in so many.
constexpr int kWritesBetweenCounts = 256;
// The sketches are made anew when there are so many times as many rows as at the latest build.
constexpr std::int64_t kGrowth = 4;

// Of vectors of one bit the distances are as fast as estimates.
bool has_sketches(const Index& index) { return index.type.element != Element::float1bit; }

std::int64_t single_number(sqlite3* db, const std::string& sql) {
  SqliteStatement statement(db, sql);
  return statement.step() ? sqlite3_column_int64(statement.get(), 0) : 0;
}

// The number of rows in the index, counted up to `limit`.
std::int64_t count_rows(sqlite3* db, const Index& index, std::int64_t limit) {
  return single_number(
      db, "SELECT count(*) FROM (" + index.rows + " LIMIT " + std::to_string(limit) + ")");
}

std::string sketches_of(const Index& index) { return shadow_name(index.name, kSketchesSuffix); }
std::string state_of(const Index& index) { return shadow_name(index.name, kStateSuffix); }

// The mean of the regular vectors, and how many rows there are.
std::pair<std::vector<float>, std::int64_t> mean_of(sqlite3* db, const Index& index) {
  std::vector<double> sums(index.type.dimensions);
  std::int64_t count = 0;
  std::int64_t regulars = 0;
  SqliteStatement rows(db, index.rows);
  for (; rows.step(); ++count) {
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    vector.check(index.type, "insert");
    const auto values = regular(vector.view(), index.metric);
    if (!values) continue;
    ++regulars;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<double>((*values)[i]);
  }
  std::vector<float> mean(sums.size());
  for (std::size_t i = 0; i < sums.size() && regulars > 0; ++i) {
    mean[i] = static_cast<float>(sums[i] / static_cast<double>(regulars));
  }
  return {std::move(mean), count};
}

void write_state(sqlite3* db, const Index& index, const SketchState& state) {
  SqliteStatement write(db, "INSERT INTO " + state_of(index) + " VALUES (1, ?1, ?2, ?3, ?4)");
  write.bind(1, kVersion);
  write.bind(2, state.build);
  write.bind(3, state.rows);
  write.bind_blob(
      4, {reinterpret_cast<const char*>(state.mean.data()), state.mean.size() * sizeof(float)});
  static_cast<void>(write.step());
}

// Keeps last_insert_rowid().
class RowidScope {
 public:
  explicit RowidScope(sqlite3* db) : db_(db), rowid_(sqlite3_last_insert_rowid(db)) {}
  RowidScope(const RowidScope&) = delete;
  RowidScope& operator=(const RowidScope&) = delete;
  ~RowidScope() { sqlite3_set_last_insert_rowid(db_, rowid_); }

 private:
  sqlite3* db_;
  sqlite3_int64 rowid_;
};

std::string insert_of(const Index& index) {
  return "INSERT INTO " + sketches_of(index) + " VALUES (?1, ?2)";
}

void insert(SqliteStatement& statement, sqlite3_value* key, const std::string& sketch) {
  const ResetAtEnd reset(statement);
  statement.bind(1, key);
  statement.bind_blob(2, sketch);
  static_cast<void>(statement.step());
}

}  // namespace

std::string shadow_name(const IndexName& index, const char* suffix) {
  return quoted_name(index.schema) + '.' +
         quoted_name(owner_name(index.name).append("_").append(suffix));
}

void create_shadow_tables(sqlite3* db, const Index& index) {
  const char* const shape = index.has_rowids ? "(key INTEGER PRIMARY KEY, data BLOB)"
                                             : "(key PRIMARY KEY, data BLOB) WITHOUT ROWID";
  execute(db, "CREATE TABLE " + sketches_of(index) + shape);
  execute(db, "CREATE TABLE " + state_of(index) +
                  "(id INTEGER PRIMARY KEY, version INTEGER, build INTEGER, rows INTEGER, mean "
                  "BLOB)");
}

void drop_shadow_tables(sqlite3* db, const IndexName& index) {
  for (const char* suffix : {kSketchesSuffix, kStateSuffix}) {
    execute(db, "DROP TABLE IF EXISTS " + shadow_name(index, suffix));
  }
}

std::optional<SketchState> read_state(sqlite3* db, const Index& index) {
  SqliteStatement there(db, "SELECT 1 FROM " + quoted_name(index.name.schema) +
                                ".sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE");
  const std::string name = owner_name(index.name.name).append("_").append(kStateSuffix);
  there.bind(1, name);
  if (!there.step()) return std::nullopt;
  SqliteStatement found(
      db, "SELECT version, build, rows, mean FROM " + state_of(index) + " WHERE id = 1");
  if (!found.step()) return std::nullopt;
  const std::string_view mean = found.blob(3);
  const bool known = sqlite3_column_int64(found.get(), 0) == kVersion;
  // Of a later version, or of a column whose type has been edited in the schema.
  if (!known || mean.size() != index.type.dimensions * sizeof(float)) return std::nullopt;
  SketchState state;
  state.build = sqlite3_column_int64(found.get(), 1);
  state.rows = sqlite3_column_int64(found.get(), 2);
  state.mean.resize(index.type.dimensions);
  std::memcpy(state.mean.data(), mean.data(), mean.size());
  return state;
}

void build_sketches(sqlite3* db, const Index& index) {
  if (!has_sketches(index)) return;
  const RowidScope rowid(db);
  execute(db, "DELETE FROM " + state_of(index));
  execute(db, "DELETE FROM " + sketches_of(index));
  if (count_rows(db, index, kFirstBuild) < kFirstBuild) return;
  SketchState state;
  std::tie(state.mean, state.rows) = mean_of(db, index);
  sqlite3_randomness(sizeof state.build, &state.build);
  write_state(db, index, state);
  const Sketcher sketcher(index.metric, std::move(state.mean));
  SqliteStatement inserting(db, insert_of(index));
  SqliteStatement rows(db, index.rows);
  while (rows.step()) {
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    insert(inserting, sqlite3_column_value(rows.get(), 0), sketcher.sketch(vector.view()));
  }
}

SketchWriter::SketchWriter(sqlite3* db, Index index)
    : db_(db),
      index_(std::move(index)),
      row_(db, index_.row),
      build_(db, "SELECT build FROM " + state_of(index_) + " WHERE id = 1"),
      remove_(db, "DELETE FROM " + sketches_of(index_) + " WHERE key = ?1"),
      insert_(db, insert_of(index_)) {}

bool SketchWriter::open_state() {
  const ResetAtEnd reset(build_);
  if (!build_.step()) {
    sketcher_.reset();
    return false;
  }
  const std::int64_t build = sqlite3_column_int64(build_.get(), 0);
  if (sketcher_ && build == build_of_sketcher_) return true;
  auto state = read_state(db_, index_);
  if (!state)
    throw Failure("vector index: " + index_.name.name +
                  " was made by another version of this library; REINDEX it");
  sketcher_.emplace(index_.metric, std::move(state->mean));
  build_of_sketcher_ = state->build;
  rows_of_build_ = state->rows;
  return true;
}

void SketchWriter::row_has_changed(sqlite3_value* key) {
  const ResetAtEnd reset(row_);
  row_.bind(1, key);
  const bool there = row_.step() && is_same(sqlite3_column_value(row_.get(), 0), key);
  std::optional<SearchVector> vector;
  if (there) {
    // SQLite holds the connection's mutex meanwhile, so its values may be read in place.
    vector.emplace(sqlite3_column_value(row_.get(), 1));
    vector->check(index_.type, "insert");
  }
  if (!has_sketches(index_)) return;
  const bool sketched = open_state();
  if (sketched) {
    const ResetAtEnd reset_remove(remove_);
    remove_.bind(1, key);
    static_cast<void>(remove_.step());
    if (there) insert(insert_, key, sketcher_->sketch(vector->view()));
  }
  if (there && (!sketched || rows_of_build_ < kLastBuild)) grow();
}

void SketchWriter::grow() {
  if (--until_counted_ > 0) return;
  until_counted_ = kWritesBetweenCounts;
  const std::int64_t wanted = sketcher_ ? kGrowth * rows_of_build_ : kFirstBuild;
  if (count_rows(db_, index_, wanted) >= wanted) build_sketches(db_, index_);
}

}  // namespace libsql::vector
