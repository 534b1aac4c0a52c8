#!/usr/bin/env bash
# Installs the library into a scratch folder and builds examples/cpp against what was installed there,
# as another project would; then runs the example and the installed command.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cmake --preset release >/dev/null
cmake --build --preset release -j "$(nproc)"
cmake --install build/release --prefix "$scratch/prefix" >/dev/null

# A consumer may use another compiler.
for compiler in g++ clang++; do
  command -v "$compiler" >/dev/null || { echo "check_consumer: no $compiler, skipped" >&2; continue; }
  # Each public header compiles alone against the installed folder.
  for header in "$scratch"/prefix/include/libsql/*.h; do
    echo "#include \"libsql/$(basename "$header")\"" |
      "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror \
        -I "$scratch/prefix/include" -x c++ -
  done
  cmake -S examples/cpp -B "$scratch/$compiler" -DCMAKE_PREFIX_PATH="$scratch/prefix" \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_BUILD_TYPE=Release >/dev/null
  cmake --build "$scratch/$compiler"
  for example in bookshop queries; do "$scratch/$compiler/$example"; done
done

answer=$("$scratch/prefix/bin/libsql" :memory: -c "SELECT 6 * 7" </dev/null)
[[ $answer == 42 ]] || { echo "check_consumer: the installed command says '$answer'" >&2; exit 1; }
echo "check_consumer: passed"
