#include "vector/sketch_build.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "vector/calibration.h"
#include "vector/centres.h"
#include "vector/clustering.h"
#include "vector/index_state.h"
#include "vector/nearest.h"
#include "vector/sketch.h"
#include "vector/sketch_lists.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

// k-means sees one of so many rows of a list, and no more than fit this size.
constexpr std::int64_t kSampledOfList = 32;
constexpr std::int64_t kSampleBytes = 256 << 20;
constexpr std::int64_t kQueries = 256;
// How much of a build's work is done when the rows have been surveyed and the sample is in groups.
constexpr double kShareOfSurvey = 0.2;
constexpr double kShareOfGroups = 0.5;

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

// Each row of the index; the vector is empty if it is not regular.
using Visit = std::function<void(sqlite3_value* key, std::span<const float> regular)>;

void for_each_row(sqlite3* db, const Index& index, const Visit& visit) {
  SqliteStatement rows(db, index.rows);
  while (rows.step()) {
    const SearchVector vector(sqlite3_column_value(rows.get(), 1));
    vector.check(index.type, "insert");
    const auto values = regular(vector.view(), index.metric);
    visit(sqlite3_column_value(rows.get(), 0),
          values ? std::span<const float>(*values) : std::span<const float>());
  }
}

// What the first reading of the rows finds.
struct Survey {
  std::int64_t regulars = 0;
  std::vector<float> mean;
  VectorSet sample;
  // Other rows, because centres are nearer to the sample's than to any vector that is looked for.
  VectorSet queries;
  std::vector<std::int64_t> query_rows;  // Their numbers.
};

Survey survey(sqlite3* db, const Index& index, std::int64_t rows, std::int64_t list_rows,
              BuildProgress& progress) {
  const auto size = static_cast<std::int64_t>(index.type.dimensions * sizeof(float));
  const std::int64_t step =
      std::max({std::int64_t{1}, list_rows / kSampledOfList, 1 + rows * size / kSampleBytes});
  Survey survey;
  const std::int64_t query_step = std::max(std::int64_t{2}, rows / kQueries);
  survey.sample.dimensions = index.type.dimensions;
  survey.queries.dimensions = index.type.dimensions;
  std::vector<double> sums(index.type.dimensions);
  for_each_row(db, index, [&](sqlite3_value* /*key*/, std::span<const float> regular) {
    progress.step();
    if (regular.empty()) return;
    if (survey.regulars % query_step == 1) {
      survey.queries.add(regular);
      survey.query_rows.push_back(survey.regulars);
    } else if (survey.regulars % step == 0) {
      survey.sample.add(regular);
    }
    ++survey.regulars;
    for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += static_cast<double>(regular[i]);
  });
  for (const double sum : sums) {
    const auto count = static_cast<double>(std::max(survey.regulars, std::int64_t{1}));
    survey.mean.push_back(static_cast<float>(sum / count));
  }
  return survey;
}

// Runs long enough that SQLite asks whether it is to stop.
void let_interrupt(sqlite3* db) {
  execute(db,
          "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n WHERE x < 200) SELECT "
          "count(*) FROM n");
}

// The sample in groups of about `list_rows` rows.
VectorSet group_sample(sqlite3* db, const Survey& survey, std::int64_t list_rows,
                       BuildProgress& progress) {
  constexpr int kSteps = 1000;
  progress.stage(kShareOfGroups, kSteps);
  const auto sampled = static_cast<std::int64_t>(survey.sample.size());
  const std::int64_t lists = std::min(survey.regulars / list_rows, sampled);
  const auto rows_of_list = static_cast<std::size_t>(sampled / lists);
  return cluster_evenly(survey.sample, static_cast<std::size_t>(lists), 3 * rows_of_list / 2,
                        rows_of_list / 4, [&](double done) {
                          let_interrupt(db);
                          progress.at(static_cast<std::int64_t>(done * kSteps));
                        });
}

Centres write_centres(sqlite3* db, const Index& index, const Sketcher& sketcher,
                      const VectorSet& found) {
  Centres centres = Centres::of_turned(Sketcher::components_for(index.type.dimensions));
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto list = static_cast<std::int64_t>(i) + 1;
    const std::vector<float> turned = sketcher.turned(found[i]);
    centres.add(list, turned);
    write_centre(db, index, list, turned);
  }
  return centres;
}

// Writes all sketches; returns how far a search has to look.
double fill(sqlite3* db, const Index& index, const Survey& survey, const Sketcher& sketcher,
            const Centres& centres, BuildProgress& progress) {
  ListFiller filler(db, index, sketcher.size());
  Calibration calibration = centres.size() == 1 ? Calibration({survey.queries.dimensions, {}}, {})
                                                : Calibration(survey.queries, survey.query_rows);
  std::int64_t number = 0;
  for_each_row(db, index, [&](sqlite3_value* key, std::span<const float> regular) {
    progress.step();
    if (regular.empty()) return filler.add(key, kIrregular, {});
    const std::vector<float> turned = sketcher.turned(regular);
    const std::int64_t list = centres.nearest(turned);
    calibration.offer(number++, regular, list);
    filler.add(key, list, Sketcher::sketch(turned, centres.of(list)));
  });
  filler.finish();
  return calibration.reach(centres, sketcher);
}

}  // namespace

bool has_sketches(const Index& index) noexcept { return index.type.element != Element::float1bit; }

std::int64_t count_rows(sqlite3* db, const Index& index, std::int64_t limit) {
  SqliteStatement count(
      db, "SELECT count(*) FROM (" + index.rows + " LIMIT " + std::to_string(limit) + ")");
  return count.step() ? sqlite3_column_int64(count.get(), 0) : 0;
}

void build_sketches(sqlite3* db, const Index& index, std::int64_t rows, BuildProgress& progress) {
  if (!has_sketches(index)) return;
  const RowidScope rowid(db);
  IndexState state = read_state(db, index).value_or(IndexState{});
  clear_shadow_tables(db, index);
  if (rows < kFirstBuild) return;
  progress.stage(kShareOfSurvey, rows);
  const Survey found = survey(db, index, rows, state.list_rows, progress);
  const bool several = found.regulars >= state.fewest_rows_for_lists();
  const Sketcher sketcher(found.mean);
  const Centres centres = write_centres(db, index, sketcher,
                                        several ? group_sample(db, found, state.list_rows, progress)
                                                : VectorSet{index.type.dimensions, found.mean});
  progress.stage(1, rows);
  state.reach = fill(db, index, found, sketcher, centres, progress);
  state.build = random_number();
  state.edition = random_number();
  state.rows = found.regulars;
  state.mean = found.mean;
  write_state(db, index, state);
}

}  // namespace libsql::vector
