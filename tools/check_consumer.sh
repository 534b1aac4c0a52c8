#!/usr/bin/env bash
# Installs the library into scratch folders, as an archive and as a shared library, and builds examples/cpp
# against what was installed there, as another project would: with CMake and with pkg-config. Then runs
# the examples and the installed command.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
examples=$(cd examples/cpp && ls *.cc)
fail() { echo "check_consumer: $*" >&2; exit 1; }

# Whether a project that asks for a version of the package gets it.
finds_version() {
  rm -rf "$scratch/version"
  mkdir -p "$scratch/version"
  printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(asks LANGUAGES CXX)' \
    "find_package(libsql $2 REQUIRED)" >"$scratch/version/CMakeLists.txt"
  cmake -S "$scratch/version" -B "$scratch/version/build" -DCMAKE_PREFIX_PATH="$1" >/dev/null 2>&1
}

run_examples() {
  for example in $examples; do "$1/${example%.cc}" >/dev/null || fail "$1/${example%.cc} failed"; done
}

for preset in release shared; do
  prefix=$scratch/$preset
  cmake --preset "$preset" --fresh -DCMAKE_INSTALL_PREFIX="$prefix" >/dev/null
  cmake --build --preset "$preset" -j "$(nproc)" >/dev/null
  cmake --install "build/$preset" >/dev/null

  # A consumer may use another compiler.
  for compiler in g++ clang++; do
    command -v "$compiler" >/dev/null || { echo "check_consumer: no $compiler, skipped" >&2; continue; }
    # Each public header compiles alone against the installed folder.
    for header in "$prefix"/include/libsql/*.h; do
      echo "#include \"libsql/$(basename "$header")\"" |
        "$compiler" -std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -I "$prefix/include" -x c++ -
    done
    built=$scratch/$preset-$compiler
    # Hidden symbols: an error must be caught even by who hides all of its own.
    cmake -S examples/cpp -B "$built" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$compiler" \
      -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_VISIBILITY_PRESET=hidden >/dev/null
    cmake --build "$built" >/dev/null
    run_examples "$built"
  done

  mkdir "$scratch/$preset-pkgconfig"
  export PKG_CONFIG_PATH
  PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name libsql.pc)")
  libdir=$(pkg-config --variable=libdir libsql)
  for example in $examples; do
    # shellcheck disable=SC2046 # several flags
    c++ -std=c++20 "examples/cpp/$example" -o "$scratch/$preset-pkgconfig/${example%.cc}" \
      $(pkg-config --cflags --libs libsql) -Wl,-rpath,"$libdir"
  done
  run_examples "$scratch/$preset-pkgconfig"

  # Before 1.0 another minor version is another interface.
  for version in "" 0.10 0.10.0; do
    finds_version "$prefix" "$version" || fail "find_package(libsql $version) does not find 0.10"
  done
  for version in 0.1 0.3 0.9 0.11 1.0; do
    if finds_version "$prefix" "$version"; then fail "find_package(libsql $version) takes 0.10"; fi
  done
  pkg-config --exists 'libsql >= 0.10' 'libsql < 0.11' || fail "pkg-config does not know the version"

  answer=$("$prefix/bin/libsql" :memory: -c "SELECT 6 * 7" </dev/null)
  [[ $answer == 42 ]] || fail "the installed command says '$answer'"
done

library=$(find "$scratch/shared" -name libsql.so)
readelf -d "$library" | grep -q 'SONAME.*\[libsql.so.0.10\]' || fail "the soname is not libsql.so.0.10"
hidden=$(nm -DC --defined-only "$library" |
  grep -E ' (sqlite3_|libsql::(core|local|client|encryption|hrana|remote|vector|replica|vfs)::)' || true)
[[ -z $hidden ]] || fail "the shared library exports what is not public: $(head -3 <<<"$hidden")"
echo "check_consumer: passed"
