/* The baseline workloads of one thread on one connection. */
#include <stdlib.h>

#include "raw.h"

static const char kInsert[] = "INSERT INTO t (id, name, body, score, data) VALUES (?, ?, ?, ?, ?)";

static void insert(sqlite3* db, sqlite3_stmt* stmt, const struct raw_row* row) {
  raw_bind_row(stmt, 1, row);
  raw_check(db, sqlite3_step(stmt), SQLITE_DONE, "insert");
  sqlite3_reset(stmt);
}

/* The checksum is over the table, after the clock has stopped. */
static struct raw_result finish_write(const char* workload, sqlite3* db, sqlite3_stmt* stmt,
                                      int64_t count, int64_t ns) {
  sqlite3_finalize(stmt);
  int64_t rows = 0;
  const uint64_t checksum = raw_table_checksum(db, &rows);
  raw_check(db, rows == count ? SQLITE_OK : SQLITE_MISMATCH, SQLITE_OK, "row count");
  sqlite3_close(db);
  return (struct raw_result){.workload = workload, .count = count, .ns = ns, .checksum = checksum};
}

/* Twenty rows for each key of t: a copy of t with a foreign key and an index on it. */
static const char* const kChildren =
    "CREATE TABLE child (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t, name TEXT, body TEXT,"
    " score REAL, data BLOB);"
    "INSERT INTO child SELECT id, (id - 1) / 20 + 1, name, body, score, data FROM t;"
    "CREATE INDEX child_t_id ON child (t_id)";

struct raw_result raw_fill(const char* path, int64_t rows) {
  sqlite3* db = raw_create(path);
  sqlite3_stmt* stmt = raw_prepare(db, kInsert);
  const int64_t start = raw_now_ns();
  raw_exec(db, "BEGIN IMMEDIATE");
  for (int64_t id = 1; id <= rows; ++id) {
    const struct raw_row row = raw_make_row(id);
    insert(db, stmt, &row);
  }
  raw_exec(db, "COMMIT");
  const int64_t ns = raw_now_ns() - start;
  raw_exec(db, kChildren);
  raw_exec(db, "PRAGMA wal_checkpoint(TRUNCATE)");
  return finish_write("fill", db, stmt, rows, ns);
}

struct raw_result raw_autocommit_insert(const char* path, int64_t count) {
  sqlite3* db = raw_create(path);
  sqlite3_stmt* stmt = raw_prepare(db, kInsert);
  struct raw_row row = raw_make_row(1);
  const int64_t start = raw_now_ns();
  for (int64_t id = 1; id <= count; ++id) {
    row.id = id;
    insert(db, stmt, &row);
  }
  return finish_write("autocommit_insert", db, stmt, count, raw_now_ns() - start);
}

struct raw_result raw_bulk_insert(const char* path, int64_t count) {
  sqlite3* db = raw_create(path);
  sqlite3_stmt* stmt = raw_prepare(db, kInsert);
  struct raw_row row = raw_make_row(1);
  const int64_t start = raw_now_ns();
  raw_exec(db, "BEGIN IMMEDIATE");
  for (int64_t id = 1; id <= count; ++id) {
    row.id = id;
    insert(db, stmt, &row);
  }
  raw_exec(db, "COMMIT");
  return finish_write("bulk_insert", db, stmt, count, raw_now_ns() - start);
}

/* kInsert with `count` rows of bare parameters. */
static char* multi_row_text(sqlite3* db, int64_t count) {
  sqlite3_str* text = sqlite3_str_new(db);
  sqlite3_str_appendall(text, kInsert);
  for (int64_t i = 1; i < count; ++i) sqlite3_str_appendall(text, ", (?, ?, ?, ?, ?)");
  return sqlite3_str_finish(text);
}

struct raw_result raw_multi_row_insert(const char* path, int64_t count) {
  sqlite3* db = raw_create(path);
  const struct raw_row row = raw_make_row(1);
  const int64_t start = raw_now_ns();
  char* sql = multi_row_text(db, count);
  sqlite3_stmt* stmt = raw_prepare(db, sql);
  for (int64_t id = 1; id <= count; ++id) {
    const int first = (int)(id - 1) * 5 + 1;
    raw_bind_row(stmt, first, &row);
    sqlite3_bind_int64(stmt, first, id);
  }
  raw_check(db, sqlite3_step(stmt), SQLITE_DONE, "insert");
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return finish_write("multi_row_insert", db, NULL, count, raw_now_ns() - start);
}

static int64_t count_rows(sqlite3* db) {
  sqlite3_stmt* stmt = raw_prepare(db, "SELECT count(*) FROM t");
  raw_check(db, sqlite3_step(stmt), SQLITE_ROW, "count");
  const int64_t rows = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return rows;
}

static uint64_t select_keys(sqlite3* db, sqlite3_stmt* stmt, const int64_t* keys, int64_t count) {
  uint64_t checksum = 0;
  for (int64_t i = 0; i < count; ++i) {
    sqlite3_bind_int64(stmt, 1, keys[i]);
    raw_check(db, sqlite3_step(stmt), SQLITE_ROW, "select");
    checksum += raw_read_row(stmt);
    raw_check(db, sqlite3_step(stmt), SQLITE_DONE, "select");
    sqlite3_reset(stmt);
  }
  return checksum;
}

/* The first pass over the keys warms caches, the second is measured. */
struct raw_result raw_point_select(const char* path, int64_t count) {
  sqlite3* db = raw_open(path);
  sqlite3_stmt* stmt = raw_prepare(db, "SELECT id, name, body, score, data FROM t WHERE id = ?");
  int64_t* keys = raw_allocate(count, sizeof *keys);
  raw_fill_keys(keys, count, count_rows(db), 1);
  select_keys(db, stmt, keys, count);
  const int64_t start = raw_now_ns();
  const uint64_t checksum = select_keys(db, stmt, keys, count);
  const int64_t ns = raw_now_ns() - start;
  free(keys);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return (struct raw_result){
      .workload = "point_select", .count = count, .ns = ns, .checksum = checksum};
}

static uint64_t select_rows(sqlite3* db, sqlite3_stmt* stmt, int64_t value) {
  uint64_t checksum = 0;
  int rc = SQLITE_ROW;
  sqlite3_bind_int64(stmt, 1, value);
  while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) checksum += raw_read_row(stmt);
  raw_check(db, rc, SQLITE_DONE, "select");
  sqlite3_reset(stmt);
  return checksum;
}

static uint64_t select_children(sqlite3* db, sqlite3_stmt* stmt, const int64_t* keys,
                                int64_t count) {
  uint64_t checksum = 0;
  for (int64_t i = 0; i < count; ++i) checksum += select_rows(db, stmt, keys[i]);
  return checksum;
}

struct raw_result raw_index_select(const char* path, int64_t count) {
  sqlite3* db = raw_open(path);
  sqlite3_stmt* stmt =
      raw_prepare(db, "SELECT id, name, body, score, data FROM child WHERE t_id = ?");
  int64_t* keys = raw_allocate(count, sizeof *keys);
  raw_fill_keys(keys, count, count_rows(db) / 20, 1);
  select_children(db, stmt, keys, count);
  const int64_t start = raw_now_ns();
  const uint64_t checksum = select_children(db, stmt, keys, count);
  const int64_t ns = raw_now_ns() - start;
  free(keys);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return (struct raw_result){
      .workload = "index_select", .count = count, .ns = ns, .checksum = checksum};
}

struct raw_result raw_range_select(const char* path, int64_t rows_per_query, int64_t count) {
  sqlite3* db = raw_open(path);
  sqlite3_stmt* stmt =
      raw_prepare(db, "SELECT id, name, body, score, data FROM t WHERE id <= ? ORDER BY id");
  const uint64_t checksum = select_rows(db, stmt, rows_per_query);
  const int64_t start = raw_now_ns();
  for (int64_t i = 0; i < count; ++i) {
    if (select_rows(db, stmt, rows_per_query) != checksum) {
      raw_check(db, SQLITE_MISMATCH, SQLITE_OK, "checksum");
    }
  }
  const int64_t ns = raw_now_ns() - start;
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return (struct raw_result){
      .workload = "range_select", .count = count, .ns = ns, .checksum = checksum};
}
