/* bench_raw_c: the baseline of `make bench`. One workload per run, one line of results. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "raw.h"

static int usage(void) {
  fprintf(stderr,
          "usage: bench_raw_c fill FILE ROWS\n"
          "       bench_raw_c point_select|index_select FILE COUNT\n"
          "       bench_raw_c range_select FILE ROWS_PER_QUERY COUNT\n"
          "       bench_raw_c autocommit_insert|bulk_insert|multi_row_insert FILE COUNT\n"
          "       bench_raw_c writers|point_readers FILE THREADS COUNT_EACH\n"
          "       bench_raw_c range_readers FILE THREADS ROWS_PER_QUERY COUNT_EACH\n");
  return 2;
}

/* The arguments after FILE, all of them positive numbers. */
static int read_numbers(int argc, char** argv, int64_t numbers[3]) {
  int count = 0;
  for (int i = 3; i < argc && count < 3; ++i, ++count) {
    numbers[count] = strtoll(argv[i], NULL, 10);
    if (numbers[count] <= 0) return -1;
  }
  return count;
}

static int is(const char* name, const char* wanted, int count, int wanted_count) {
  return count == wanted_count && strcmp(name, wanted) == 0;
}

int main(int argc, char** argv) {
  if (argc < 4) return usage();
  const char* name = argv[1];
  const char* path = argv[2];
  int64_t n[3] = {0, 0, 0};
  const int count = read_numbers(argc, argv, n);
  struct raw_result result;
  if (is(name, "fill", count, 1)) {
    result = raw_fill(path, n[0]);
  } else if (is(name, "point_select", count, 1)) {
    result = raw_point_select(path, n[0]);
  } else if (is(name, "index_select", count, 1)) {
    result = raw_index_select(path, n[0]);
  } else if (is(name, "range_select", count, 2)) {
    result = raw_range_select(path, n[0], n[1]);
  } else if (is(name, "autocommit_insert", count, 1)) {
    result = raw_autocommit_insert(path, n[0]);
  } else if (is(name, "bulk_insert", count, 1)) {
    result = raw_bulk_insert(path, n[0]);
  } else if (is(name, "multi_row_insert", count, 1)) {
    result = raw_multi_row_insert(path, n[0]);
  } else if (is(name, "writers", count, 2)) {
    result = raw_writers(path, (int)n[0], n[1]);
  } else if (is(name, "point_readers", count, 2)) {
    result = raw_point_readers(path, (int)n[0], n[1]);
  } else if (is(name, "range_readers", count, 3)) {
    result = raw_range_readers(path, (int)n[0], n[1], n[2]);
  } else {
    return usage();
  }
  raw_print(&result);
  return 0;
}
