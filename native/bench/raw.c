/* Rows, files and clock of the baseline programs; see raw.h. */
#include "raw.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char kCreateTable[] =
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, body TEXT, score REAL, data BLOB)";

struct raw_row raw_make_row(int64_t id) {
  struct raw_row row = {.id = id, .score = (double)id * 0.5};
  snprintf(row.name, sizeof row.name, "name-%015" PRId64, id);
  snprintf(row.body, sizeof row.body, "body-%015" PRId64, id);
  memset(row.body + kNameBytes, (int)('a' + id % 26), kBodyBytes - kNameBytes);
  for (int i = 0; i < kDataBytes; ++i) row.data[i] = (unsigned char)((id + i) % 256);
  return row;
}

void raw_fill_keys(int64_t* keys, int64_t count, int64_t rows, uint64_t seed) {
  for (int64_t i = 0; i < count; ++i) {
    seed = (seed * 1103515245u + 12345u) % 2147483648u;
    keys[i] = (int64_t)(seed >> 4) % rows + 1;
  }
}

static uint64_t sum_bytes(const unsigned char* bytes, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; ++i) sum += bytes[i];
  return sum;
}

uint64_t raw_read_row(sqlite3_stmt* stmt) {
  uint64_t sum = (uint64_t)sqlite3_column_int64(stmt, 0);
  const unsigned char* name = sqlite3_column_text(stmt, 1);
  sum += sum_bytes(name, sqlite3_column_bytes(stmt, 1));
  const unsigned char* body = sqlite3_column_text(stmt, 2);
  sum += sum_bytes(body, sqlite3_column_bytes(stmt, 2));
  sum += (uint64_t)(sqlite3_column_double(stmt, 3) * 2.0);
  const unsigned char* data = sqlite3_column_blob(stmt, 4);
  return sum + sum_bytes(data, sqlite3_column_bytes(stmt, 4));
}

void raw_check(sqlite3* db, int rc, int wanted, const char* what) {
  if (rc == wanted) return;
  fprintf(stderr, "bench_raw_c: %s: %s (code %d)\n", what, db ? sqlite3_errmsg(db) : "", rc);
  exit(1);
}

void raw_exec(sqlite3* db, const char* sql) {
  raw_check(db, sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, sql);
}

sqlite3* raw_open(const char* path) {
  sqlite3* db = NULL;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  raw_check(db, sqlite3_open_v2(path, &db, flags, NULL), SQLITE_OK, path);
  raw_check(db, sqlite3_busy_timeout(db, 5000), SQLITE_OK, "busy_timeout");
  raw_exec(db, "PRAGMA journal_mode = WAL");
  raw_exec(db, "PRAGMA synchronous = NORMAL");
  raw_exec(db, "PRAGMA cache_size = -64000");
  raw_exec(db, "PRAGMA secure_delete = OFF");
  raw_exec(db, "PRAGMA foreign_keys = ON");
  return db;
}

static void remove_database(const char* path) {
  static const char* const kSuffixes[] = {"", "-wal", "-shm", "-journal"};
  for (int i = 0; i < 4; ++i) {
    char* name = sqlite3_mprintf("%s%s", path, kSuffixes[i]);
    remove(name);
    sqlite3_free(name);
  }
}

sqlite3* raw_create(const char* path) {
  remove_database(path);
  sqlite3* db = raw_open(path);
  raw_exec(db, kCreateTable);
  return db;
}

sqlite3_stmt* raw_prepare(sqlite3* db, const char* sql) {
  sqlite3_stmt* stmt = NULL;
  raw_check(db, sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), SQLITE_OK,
            sql);
  return stmt;
}

void raw_bind_row(sqlite3_stmt* stmt, int first, const struct raw_row* row) {
  sqlite3_bind_int64(stmt, first, row->id);
  sqlite3_bind_text(stmt, first + 1, row->name, kNameBytes, SQLITE_STATIC);
  sqlite3_bind_text(stmt, first + 2, row->body, kBodyBytes, SQLITE_STATIC);
  sqlite3_bind_double(stmt, first + 3, row->score);
  sqlite3_bind_blob(stmt, first + 4, row->data, kDataBytes, SQLITE_STATIC);
}

uint64_t raw_table_checksum(sqlite3* db, int64_t* rows) {
  sqlite3_stmt* stmt = raw_prepare(
      db, "SELECT count(*), sum(id + length(name) + length(body) + length(data) + score) FROM t");
  raw_check(db, sqlite3_step(stmt), SQLITE_ROW, "checksum");
  *rows = sqlite3_column_int64(stmt, 0);
  const uint64_t sum = (uint64_t)sqlite3_column_int64(stmt, 1);
  sqlite3_finalize(stmt);
  return sum;
}

int64_t raw_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int compare_int64(const void* left, const void* right) {
  const int64_t a = *(const int64_t*)left;
  const int64_t b = *(const int64_t*)right;
  return (a > b) - (a < b);
}

void raw_sort(int64_t* values, int64_t count) {
  qsort(values, (size_t)count, sizeof *values, compare_int64);
}

int64_t raw_percentile(int64_t* sorted, int64_t count, int percent) {
  return sorted[(count - 1) * percent / 100];
}

void* raw_allocate(int64_t count, int64_t size) {
  void* memory = calloc((size_t)count, (size_t)size);
  if (memory == NULL) {
    fprintf(stderr, "bench_raw_c: out of memory\n");
    exit(1);
  }
  return memory;
}

void raw_print(const struct raw_result* result) {
  printf("workload=%s count=%" PRId64 " ns=%" PRId64 " checksum=%" PRIu64 " p50_ns=%" PRId64
         " p99_ns=%" PRId64 " busy=%" PRId64 "\n",
         result->workload, result->count, result->ns, result->checksum, result->p50_ns,
         result->p99_ns, result->busy);
}
