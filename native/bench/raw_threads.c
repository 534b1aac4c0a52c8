/* The baseline workloads of several threads, each with a connection of its own to one file.
 *
 * Connections are opened and warmed before a barrier; the clock runs from the barrier until the
 * last thread is done. Writers rely on sqlite3_busy_timeout(5000), as a C program would. */
#include <pthread.h>
#include <stdlib.h>

#include "raw.h"

struct worker {
  pthread_t thread;
  pthread_barrier_t* barrier;
  const char* path;
  int number; /* from 0 */
  int64_t count;
  int64_t rows_per_query;
  int64_t* latencies; /* of this worker's operations */
  int64_t busy;
  uint64_t checksum;
};

typedef void* (*worker_body)(void*);

/* Runs the bodies; returns the time from the barrier to the last thread's end. */
static int64_t run_workers(struct worker* workers, int threads, worker_body body) {
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
  for (int i = 0; i < threads; ++i) {
    workers[i].barrier = &barrier;
    raw_check(NULL, pthread_create(&workers[i].thread, NULL, body, &workers[i]), 0, "thread");
  }
  const int64_t start = (pthread_barrier_wait(&barrier), raw_now_ns());
  for (int i = 0; i < threads; ++i) pthread_join(workers[i].thread, NULL);
  const int64_t ns = raw_now_ns() - start;
  pthread_barrier_destroy(&barrier);
  return ns;
}

/* One step that may meet a lock; counts what the busy handler let through and tries again. */
static void step_patiently(sqlite3* db, sqlite3_stmt* stmt, int64_t* busy) {
  int rc = SQLITE_BUSY;
  while ((rc = sqlite3_step(stmt)) == SQLITE_BUSY) {
    ++*busy;
    sqlite3_reset(stmt);
  }
  raw_check(db, rc, SQLITE_DONE, "write");
  sqlite3_reset(stmt);
}

static void* write_transactions(void* argument) {
  struct worker* self = argument;
  sqlite3* db = raw_open(self->path);
  sqlite3_stmt* begin = raw_prepare(db, "BEGIN IMMEDIATE");
  sqlite3_stmt* insert =
      raw_prepare(db, "INSERT INTO t (id, name, body, score, data) VALUES (?, ?, ?, ?, ?)");
  sqlite3_stmt* commit = raw_prepare(db, "COMMIT");
  struct raw_row row = raw_make_row(1);
  pthread_barrier_wait(self->barrier);
  for (int64_t i = 0; i < self->count; ++i) {
    const int64_t start = raw_now_ns();
    step_patiently(db, begin, &self->busy);
    row.id = (int64_t)self->number * 1000000 + i + 1;
    raw_bind_row(insert, 1, &row);
    step_patiently(db, insert, &self->busy);
    step_patiently(db, commit, &self->busy);
    self->latencies[i] = raw_now_ns() - start;
  }
  sqlite3_finalize(begin);
  sqlite3_finalize(insert);
  sqlite3_finalize(commit);
  sqlite3_close(db);
  return NULL;
}

struct raw_result raw_writers(const char* path, int threads, int64_t count_each) {
  sqlite3* db = raw_create(path);
  const int64_t total = threads * count_each;
  struct worker* workers = raw_allocate(threads, sizeof *workers);
  int64_t* latencies = raw_allocate(total, sizeof *latencies);
  for (int i = 0; i < threads; ++i) {
    workers[i] = (struct worker){
        .path = path, .number = i, .count = count_each, .latencies = latencies + i * count_each};
  }
  const int64_t ns = run_workers(workers, threads, write_transactions);
  struct raw_result result = {.workload = "writers", .count = total, .ns = ns};
  for (int i = 0; i < threads; ++i) result.busy += workers[i].busy;
  raw_sort(latencies, total);
  result.p50_ns = raw_percentile(latencies, total, 50);
  result.p99_ns = raw_percentile(latencies, total, 99);
  int64_t rows = 0;
  result.checksum = raw_table_checksum(db, &rows);
  raw_check(db, rows == total ? SQLITE_OK : SQLITE_MISMATCH, SQLITE_OK, "row count");
  sqlite3_close(db);
  free(latencies);
  free(workers);
  return result;
}

static void* read_points(void* argument) {
  struct worker* self = argument;
  sqlite3* db = raw_open(self->path);
  sqlite3_stmt* stmt = raw_prepare(db, "SELECT id, name, body, score, data FROM t WHERE id = ?");
  int64_t* keys = raw_allocate(self->count, sizeof *keys);
  raw_fill_keys(keys, self->count, self->rows_per_query, (uint64_t)self->number + 1);
  for (int pass = 0; pass < 2; ++pass) {
    self->checksum = 0;
    if (pass == 1) pthread_barrier_wait(self->barrier);
    for (int64_t i = 0; i < self->count; ++i) {
      sqlite3_bind_int64(stmt, 1, keys[i]);
      raw_check(db, sqlite3_step(stmt), SQLITE_ROW, "select");
      self->checksum += raw_read_row(stmt);
      raw_check(db, sqlite3_step(stmt), SQLITE_DONE, "select");
      sqlite3_reset(stmt);
    }
  }
  free(keys);
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return NULL;
}

static void* read_ranges(void* argument) {
  struct worker* self = argument;
  sqlite3* db = raw_open(self->path);
  sqlite3_stmt* stmt =
      raw_prepare(db, "SELECT id, name, body, score, data FROM t WHERE id <= ? ORDER BY id");
  for (int64_t i = -1; i < self->count; ++i) {
    if (i == 0) pthread_barrier_wait(self->barrier);
    self->checksum = 0;
    int rc = SQLITE_ROW;
    sqlite3_bind_int64(stmt, 1, self->rows_per_query);
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) self->checksum += raw_read_row(stmt);
    raw_check(db, rc, SQLITE_DONE, "select");
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  sqlite3_close(db);
  return NULL;
}

static struct raw_result run_readers(const char* workload, const char* path, int threads,
                                     int64_t rows, int64_t count_each, worker_body body) {
  struct worker* workers = raw_allocate(threads, sizeof *workers);
  for (int i = 0; i < threads; ++i) {
    workers[i] =
        (struct worker){.path = path, .number = i, .count = count_each, .rows_per_query = rows};
  }
  const int64_t ns = run_workers(workers, threads, body);
  struct raw_result result = {.workload = workload, .count = threads * count_each, .ns = ns};
  for (int i = 0; i < threads; ++i) result.checksum += workers[i].checksum;
  free(workers);
  return result;
}

struct raw_result raw_point_readers(const char* path, int threads, int64_t count_each) {
  sqlite3* db = raw_open(path);
  int64_t rows = 0;
  raw_table_checksum(db, &rows);
  sqlite3_close(db);
  return run_readers("point_readers", path, threads, rows, count_each, read_points);
}

struct raw_result raw_range_readers(const char* path, int threads, int64_t rows_per_query,
                                    int64_t count_each) {
  return run_readers("range_readers", path, threads, rows_per_query, count_each, read_ranges);
}
