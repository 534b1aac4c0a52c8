#!/usr/bin/env bash
# The C++ tests and the shell under valgrind: reads of uninitialised memory, and leaks. Takes three minutes.
#
# Usage: tools/valgrind.sh [TEST_PROGRAM [GOOGLETEST_FILTER]]    e.g. local_test 'BackupTest.*'
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset dev >/dev/null
cmake --build --preset dev -j "$(nproc)"
tests=build/dev/native/tests

# Properties with fewer cases; the children of the crash tests are killed, and leak by design. The
# allocator that out_of_memory_test brings along stays in place.
export RC_PARAMS=${RC_PARAMS:-max_success=20}
under_valgrind() {
  echo "valgrind: $(basename "$1")"
  valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,possible \
    --show-leak-kinds=definite,possible --child-silent-after-fork=yes \
    --soname-synonyms=somalloc=nouserintercepts "$@"
}

if (($# > 0)); then
  under_valgrind "$tests/$1" --gtest_brief=1 --gtest_filter="${2:-*}"
  exit
fi
for program in core_test client_test local_test out_of_memory_test shell/shell_unit_test; do
  under_valgrind "$tests/$program" --gtest_brief=1
done
under_valgrind build/dev/native/shell/libsql :memory: -m table -c "CREATE TABLE t(a, b)" \
  -c "INSERT INTO t VALUES (1, 'one'), (2, x'00ff') RETURNING *" -c ".dump" -c ".schema" >/dev/null
echo "valgrind: nothing found"
