/* What the baseline programs share: rows, keys, files, clock.
 *
 * The baseline is the plain loop a C programmer would write against sqlite3.h: statements prepared
 * once, values bound without copies, every column and every byte of a row read. `make bench`
 * divides the driver's times by these. Any failure ends the program: a number from a broken run is
 * worthless. */
#ifndef LIBSQL_BENCH_RAW_H_
#define LIBSQL_BENCH_RAW_H_

#include <stdint.h>

#include <sqlite3.h>

enum { kNameBytes = 20, kBodyBytes = 100, kDataBytes = 32 };

/* The five columns of table t: int key, 20 B text, 100 B text, real, 32 B blob. */
struct raw_row {
  int64_t id;
  char name[kNameBytes + 1];
  char body[kBodyBytes + 1];
  double score;
  unsigned char data[kDataBytes];
};

/* What a run prints: see raw_print(). Latencies are 0 where they are not measured. */
struct raw_result {
  const char* workload;
  int64_t count; /* operations inside the measured time */
  int64_t ns;
  uint64_t checksum; /* over what was read or written, to compare with the driver's */
  int64_t p50_ns;
  int64_t p99_ns;
  int64_t busy; /* SQLITE_BUSY seen by the caller */
};

/* The row of table t with key `id`; the same formula is in bench/support/fixture.exs. */
struct raw_row raw_make_row(int64_t id);

/* A repeatable sequence of keys in [1, rows]; the same formula is in bench/support/fixture.exs. */
void raw_fill_keys(int64_t* keys, int64_t count, int64_t rows, uint64_t seed);

/* The sum of all numbers and bytes of the row a statement stands on. */
uint64_t raw_read_row(sqlite3_stmt* stmt);

/* Opens with the options of the benchmark (WAL, synchronous NORMAL, 64 MB cache, secure_delete
 * off). */
sqlite3* raw_open(const char* path);

/* Deletes the file and its companions, opens it again and creates table t. */
sqlite3* raw_create(const char* path);

void raw_exec(sqlite3* db, const char* sql);
sqlite3_stmt* raw_prepare(sqlite3* db, const char* sql);

/* Binds the row to the five parameters from `first` on; `row` has to live until the statement has
 * run. */
void raw_bind_row(sqlite3_stmt* stmt, int first, const struct raw_row* row);

/* Ends the program with the connection's message unless rc is `wanted`. */
void raw_check(sqlite3* db, int rc, int wanted, const char* what);

/* The number of rows in t, and the sum over their keys and lengths as checksum of a write. */
uint64_t raw_table_checksum(sqlite3* db, int64_t* rows);

int64_t raw_now_ns(void);
int64_t raw_percentile(int64_t* sorted, int64_t count, int percent);
void raw_sort(int64_t* values, int64_t count);
void* raw_allocate(int64_t count, int64_t size);
void raw_print(const struct raw_result* result);

/* The workloads; `count` operations on the file at `path`. */
struct raw_result raw_fill(const char* path, int64_t rows);
struct raw_result raw_point_select(const char* path, int64_t count);
/* Twenty rows of table child by an index. */
struct raw_result raw_index_select(const char* path, int64_t count);
struct raw_result raw_range_select(const char* path, int64_t rows_per_query, int64_t count);
struct raw_result raw_autocommit_insert(const char* path, int64_t count);
struct raw_result raw_bulk_insert(const char* path, int64_t count);

/* All rows in one INSERT; writing and compiling its text is part of the time. */
struct raw_result raw_multi_row_insert(const char* path, int64_t count);

/* The same with `threads` threads, each with a connection of its own. */
struct raw_result raw_writers(const char* path, int threads, int64_t count_each);
struct raw_result raw_point_readers(const char* path, int threads, int64_t count_each);
struct raw_result raw_range_readers(const char* path, int threads, int64_t rows_per_query,
                                    int64_t count_each);

#endif /* LIBSQL_BENCH_RAW_H_ */
