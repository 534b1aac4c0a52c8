// Exact search over 384-dimensional vectors: this library, libSQL for Node.js on the same file, and
// the extension sqlite-vec in the same SQLite, alternately in one run. Then this library's index on
// that file. Prints ratios.
//
//     NODE_PATH=FOLDER/node_modules bench_vector [ROWS] [vec0.so of npm's sqlite-vec]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "libsql/database.h"

namespace libsql::bench {
namespace {

constexpr int kDimensions = 384;
constexpr int kQueries = 20;
constexpr int kRounds = 3;
constexpr const char* kSearch =
    "SELECT id FROM t ORDER BY vector_distance_cos(v, vector(?)) LIMIT 10";
constexpr const char* kIndexSearch = "SELECT id FROM vector_top_k('i', ?, 10)";
constexpr const char* kOtherSearch =
    "SELECT id FROM t ORDER BY vec_distance_cosine(v, vec_f32(?)) LIMIT 10";

// A point of one of 200 clusters, of any length.
std::string vector_text(std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::mt19937 centre(random() % 200);
  std::string text;
  for (int i = 0; i < kDimensions; ++i) {
    text += (i > 0 ? "," : "[") + std::to_string(normal(centre) + 0.5F * normal(random));
  }
  return text + "]";
}

void fill(const std::string& path, int rows) {
  Connection db = Database(path).connect();
  db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(384))");
  std::mt19937 random(2026);
  Transaction transaction = db.begin(TransactionMode::immediate);
  Statement insert = db.prepare("INSERT INTO t(v) VALUES (vector(?))");
  for (int i = 0; i < rows; ++i) insert.execute(vector_text(random));
  transaction.commit();
  db.checkpoint(CheckpointMode::truncate);
}

double median(std::vector<double> times) {
  std::nth_element(times.begin(), times.begin() + static_cast<long>(times.size() / 2), times.end());
  return times.at(times.size() / 2);
}

// The median time of a search in milliseconds, by any of the engines in this process.
double search(sqlite3* db, const char* sql, const std::vector<std::string>& queries) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(db, sql, -1, &statement, nullptr) != SQLITE_OK) {
    std::fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    return 0;
  }
  std::vector<double> times;
  for (const std::string& query : queries) {
    const auto start = std::chrono::steady_clock::now();
    sqlite3_bind_text(statement, 1, query.c_str(), -1, SQLITE_STATIC);
    while (sqlite3_step(statement) == SQLITE_ROW) continue;
    sqlite3_reset(statement);
    const auto time = std::chrono::steady_clock::now() - start;
    times.push_back(std::chrono::duration<double, std::milli>(time).count());
  }
  sqlite3_finalize(statement);
  return median(times);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

struct Answers {
  double time = 0;  // The median.
  std::vector<std::set<std::int64_t>> ids;
};

Answers answers(Connection& db, const char* sql, const std::vector<std::string>& queries) {
  Statement statement = db.prepare(sql);
  Answers answers;
  std::vector<double> times;
  for (const std::string& query : queries) {
    std::set<std::int64_t>& ids = answers.ids.emplace_back();
    const auto start = std::chrono::steady_clock::now();
    statement.bind(1, query);
    while (statement.step() == Step::row) ids.insert(statement.column(0).integer());
    statement.reset();
    times.push_back(milliseconds_since(start));
  }
  answers.time = median(times);
  return answers;
}

double ours(const std::string& path, const std::vector<std::string>& queries) {
  Connection db = Database(path).connect();
  return answers(db, kSearch, queries).time;
}

void report_index(const std::string& path, const std::vector<std::string>& queries, int rows) {
  Connection db = Database(path).connect();
  const auto start = std::chrono::steady_clock::now();
  db.execute("CREATE INDEX i ON t(libsql_vector_idx(v))");
  const double built = milliseconds_since(start);
  const Answers exact = answers(db, kSearch, queries);
  const Answers found = answers(db, kIndexSearch, queries);
  std::size_t hits = 0;
  std::size_t wanted = 0;
  for (std::size_t query = 0; query < queries.size(); ++query) {
    wanted += exact.ids[query].size();
    for (const std::int64_t id : exact.ids[query]) hits += found.ids[query].count(id);
  }
  std::printf("vector_top_k: built in %.0f ms, %.2f ms a search, %.1f x as fast, recall %.4f\n",
              built, found.time, exact.time / found.time,
              static_cast<double>(hits) / static_cast<double>(wanted));
  std::printf("(%d rows, %zu queries)\n", rows, queries.size());
}

// 0 where node or its package is missing.
double of_node(const std::string& path, const std::string& queries_path) {
  const std::string program =
      "const D = require('libsql'); const db = new D('" + path + "'); const s = db.prepare('" +
      kSearch + "'); const t = []; for (const q of require('fs').readFileSync('" + queries_path +
      "', 'utf8').split('\\n').filter(x => x)) { const a = process.hrtime.bigint(); s.all(q); "
      "t.push(Number(process.hrtime.bigint() - a) / 1e6) } t.sort((a, b) => a - b); "
      "console.log(t[Math.floor(t.length / 2)])";
  const std::string script = path + ".js";
  const std::string answer = path + ".answer";
  std::ofstream(script) << program;
  const std::string command = "node " + script + " >" + answer + " 2>/dev/null";
  double time = 0;
  if (std::system(command.c_str()) == 0) std::ifstream(answer) >> time;
  return time;
}

double of_extension(const std::string& path, const char* extension,
                    const std::vector<std::string>& queries) {
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  sqlite3_enable_load_extension(db, 1);
  double time = 0;
  if (sqlite3_load_extension(db, extension, "sqlite3_vec_init", nullptr) == SQLITE_OK) {
    time = search(db, kOtherSearch, queries);
  }
  sqlite3_close(db);
  return time;
}

void report(const char* name, double time, double own, int rows) {
  if (time == 0) {
    std::printf("%-34s not installed\n", name);
    return;
  }
  std::printf("%-34s %8.2f ms  %6.3f us/row  %5.2f x ours\n", name, time, 1000 * time / rows,
              time / own);
}

int run(int rows, const char* extension) {
  // As the NIF does.
  if (!prefetch_vector_scans()) return 1;
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "bench_vector";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  const std::string path = folder / "vectors.db";
  fill(path, rows);
  std::mt19937 random(7);
  std::vector<std::string> queries;
  std::ofstream file(folder / "queries");
  for (int i = 0; i < kQueries; ++i) {
    queries.push_back(vector_text(random));
    file << queries.back() << '\n';
  }
  file.close();
  std::vector<double> own;
  std::vector<double> node;
  std::vector<double> other;
  for (int round = 0; round < kRounds; ++round) {
    own.push_back(ours(path, queries));
    node.push_back(of_node(path, folder / "queries"));
    other.push_back(extension == nullptr ? 0 : of_extension(path, extension, queries));
  }
  std::printf("exact search, %d x %d float32, cosine, LIMIT 10, median of %d queries x %d rounds\n",
              rows, kDimensions, kQueries, kRounds);
  report("this library", median(own), median(own), rows);
  report("libSQL (npm libsql)", median(node), median(own), rows);
  report("sqlite-vec's distance function", median(other), median(own), rows);
  report_index(path, queries, rows);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace libsql::bench

int main(int argc, char** argv) {
  return libsql::bench::run(argc > 1 ? std::atoi(argv[1]) : 20'000, argc > 2 ? argv[2] : nullptr);
}
