// The C++ API compared with the same loops in C (Google Benchmark): what the library itself costs,
// without Erlang. Run build/dev/native/bench/bench_libsql; compare `libsql` lines with `raw_c`
// lines.
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>

#include <benchmark/benchmark.h>
#include <sqlite3.h>

#include "libsql/database.h"

extern "C" {
#include "raw.h"
}

namespace {

constexpr std::int64_t kRows = 10000;
constexpr const char* kPoint = "SELECT id, name, body, score, data FROM t WHERE id = ?";
constexpr const char* kRange =
    "SELECT id, name, body, score, data FROM t WHERE id <= ? ORDER BY id";
constexpr const char* kInsert =
    "INSERT INTO t (id, name, body, score, data) VALUES (?, ?, ?, ?, ?)";

// The file of all benchmarks, in a folder of this process; removed at the end of the program.
class File {
 public:
  File()
      : folder_(std::filesystem::temp_directory_path() /
                ("bench_libsql-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(folder_);
    raw_fill(path().c_str(), kRows);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] std::string path() const { return (folder_ / "bench.db").string(); }

  static const File& get() {
    static const File file;
    return file;
  }

 private:
  std::filesystem::path folder_;
};

libsql::Connection connect() {
  libsql::Options options;
  options.pragmas = {{"cache_size", "-64000"}};
  return libsql::Database(File::get().path(), options).connect();
}

// As raw_read_row(): every number and every byte.
std::uint64_t read_row(std::span<const libsql::ValueView> row) {
  std::uint64_t sum = 0;
  for (const libsql::ValueView& value : row) {
    sum += static_cast<std::uint64_t>(value.integer()) +
           static_cast<std::uint64_t>(value.real() * 2.0);
    for (const char byte : value.bytes()) sum += static_cast<unsigned char>(byte);
  }
  return sum;
}

std::uint64_t raw_query(sqlite3_stmt* statement, std::int64_t argument) {
  std::uint64_t sum = 0;
  sqlite3_bind_int64(statement, 1, argument);
  while (sqlite3_step(statement) == SQLITE_ROW) sum += raw_read_row(statement);
  sqlite3_reset(statement);
  return sum;
}

std::uint64_t libsql_query(libsql::Statement& statement, std::int64_t argument) {
  std::uint64_t sum = 0;
  statement.bind(1, argument);
  while (statement.step() == libsql::Step::row) sum += read_row(statement.row());
  statement.reset();
  return sum;
}

void raw_c_select(benchmark::State& state, const char* sql, std::int64_t argument) {
  sqlite3* db = raw_open(File::get().path().c_str());
  sqlite3_stmt* statement = raw_prepare(db, sql);
  for (auto _ : state) benchmark::DoNotOptimize(raw_query(statement, argument));
  sqlite3_finalize(statement);
  sqlite3_close(db);
}

// Keeps the statement, as the raw loop does.
void libsql_select(benchmark::State& state, const char* sql, std::int64_t argument) {
  libsql::Connection connection = connect();
  libsql::Statement statement = connection.prepare(sql);
  sqlite3* db = raw_open(File::get().path().c_str());
  sqlite3_stmt* raw = raw_prepare(db, sql);
  if (libsql_query(statement, argument) != raw_query(raw, argument)) {
    state.SkipWithError("the two sides read different rows");
  }
  sqlite3_finalize(raw);
  sqlite3_close(db);
  for (auto _ : state) benchmark::DoNotOptimize(libsql_query(statement, argument));
}

// Asks the statement cache each time.
void libsql_cached_select(benchmark::State& state, const char* sql, std::int64_t argument) {
  libsql::Connection connection = connect();
  for (auto _ : state) {
    libsql::Statement statement = connection.cached(sql);
    benchmark::DoNotOptimize(libsql_query(statement, argument));
  }
}

void raw_c_insert(benchmark::State& state) {
  sqlite3* db = raw_open(File::get().path().c_str());
  sqlite3_stmt* statement = raw_prepare(db, kInsert);
  raw_row row = raw_make_row(1);
  row.id = kRows;
  raw_exec(db, "BEGIN IMMEDIATE");
  for (auto _ : state) {
    ++row.id;
    raw_bind_row(statement, 1, &row);
    raw_check(db, sqlite3_step(statement), SQLITE_DONE, "insert");
    sqlite3_reset(statement);
  }
  raw_exec(db, "ROLLBACK");
  sqlite3_finalize(statement);
  sqlite3_close(db);
}

void libsql_insert(benchmark::State& state) {
  libsql::Connection connection = connect();
  libsql::Statement statement = connection.prepare(kInsert);
  const raw_row row = raw_make_row(1);
  const libsql::ValueView data =
      libsql::ValueView::blob({reinterpret_cast<const char*>(row.data), kDataBytes});
  libsql::Transaction transaction = connection.begin(libsql::TransactionMode::immediate);
  std::int64_t id = kRows;
  for (auto _ : state) statement.execute(++id, row.name, row.body, row.score, data);
  transaction.rollback();
}

BENCHMARK_CAPTURE(raw_c_select, point, kPoint, 4711);
BENCHMARK_CAPTURE(libsql_select, point, kPoint, 4711);
BENCHMARK_CAPTURE(libsql_cached_select, point, kPoint, 4711);
BENCHMARK_CAPTURE(raw_c_select, thousand_rows, kRange, 1000);
BENCHMARK_CAPTURE(libsql_select, thousand_rows, kRange, 1000);
BENCHMARK(raw_c_insert);
BENCHMARK(libsql_insert);

}  // namespace

BENCHMARK_MAIN();
