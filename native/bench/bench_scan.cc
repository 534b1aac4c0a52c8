// Reads that do not fit the page cache, through this library's VFS and through SQLite's own, in
// turns on one file: scans, whose pages are read ahead, and lookups, which read as before.
// Prints medians of the thread's processor time.
//
//     bench_scan FOLDER
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "libsql/database.h"

namespace libsql::bench {
namespace {

constexpr int kRounds = 9;

struct Read {
  const char* name;
  const char* sql;  // ?1 is a random row.
  int rows;
  int times;
};

constexpr std::array<Read, 5> kReads = {{
    {"scan, 2 rows a page", "SELECT sum(length(v)) FROM small", 20'000, 1},
    {"scan, 5 pages a row", "SELECT sum(substr(v, 1, 1) = '') FROM large", 2'000, 1},
    {"lookup", "SELECT length(v) FROM small WHERE id = ?1", 20'000, 3'000},
    {"lookup of 5 pages", "SELECT substr(v, -1) FROM large WHERE id = ?1", 2'000, 1'000},
    {"range of 20 rows", "SELECT sum(length(v)) FROM small WHERE id BETWEEN ?1 AND ?1 + 19", 20'000,
     3'000},
}};

void fill(const std::string& path) {
  Connection db = Database(path).connect();
  db.execute_script(
      "CREATE TABLE small(id INTEGER PRIMARY KEY, v); CREATE TABLE large(id INTEGER PRIMARY KEY, "
      "v);"
      "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 20000) "
      "INSERT INTO small SELECT n, randomblob(1536) FROM s;"
      "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 2000) "
      "INSERT INTO large SELECT n, randomblob(20000) FROM s");
  db.checkpoint(CheckpointMode::truncate);
}

double microseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

void need(int rc, int wanted) {
  if (rc == wanted) return;
  std::fprintf(stderr, "%s\n", sqlite3_errstr(rc));
  std::exit(1);
}

// Microseconds of one execution, on a new connection with SQLite's default cache of 2 MB.
double measure(const std::string& path, const char* vfs, const Read& read) {
  sqlite3* db = nullptr;
  need(sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, vfs),
       SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  need(sqlite3_prepare_v2(db, read.sql, -1, &statement, nullptr), SQLITE_OK);
  std::uint32_t random = 2026;
  const double start = microseconds();
  for (int i = 0; i < read.times; ++i) {
    random = random * 1664525U + 1013904223U;
    const int row = 1 + static_cast<int>((random >> 8U) % static_cast<unsigned>(read.rows));
    if (sqlite3_bind_parameter_count(statement) > 0) sqlite3_bind_int(statement, 1, row);
    need(sqlite3_step(statement), SQLITE_ROW);
    need(sqlite3_reset(statement), SQLITE_OK);
  }
  const double time = (microseconds() - start) / read.times;
  sqlite3_finalize(statement);
  sqlite3_close(db);
  return time;
}

double median(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

int run(const std::filesystem::path& folder) {
  const std::string path = folder / "bench_scan.db";
  std::filesystem::remove(path);
  // The first connection registers the VFS of that name.
  fill(path);
  for (const Read& read : kReads) {
    std::vector<double> here;
    std::vector<double> theirs;
    for (int round = 0; round < kRounds; ++round) {
      here.push_back(measure(path, "libsql", read));
      theirs.push_back(measure(path, nullptr, read));
    }
    std::printf("%-20s here %10.2f us  SQLite %10.2f us  ratio %.2f\n", read.name, median(here),
                median(theirs), median(here) / median(theirs));
  }
  std::filesystem::remove(path);
  return 0;
}

}  // namespace
}  // namespace libsql::bench

int main(int argc, char** argv) {
  return libsql::bench::run(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string());
}
