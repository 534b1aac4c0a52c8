// Assertions of fuzz targets.
#ifndef LIBSQL_FUZZ_CHECK_H_
#define LIBSQL_FUZZ_CHECK_H_

#include <cstdio>
#include <cstdlib>

namespace libsql::fuzz {

// Ends the run, so that libFuzzer keeps the input.
inline void check(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", claim);
  std::abort();
}

}  // namespace libsql::fuzz

#endif  // LIBSQL_FUZZ_CHECK_H_
