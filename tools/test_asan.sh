#!/usr/bin/env bash
# ExUnit under AddressSanitizer and UBSan: the NIF of the asan preset inside the VM, libasan preloaded.
# Leak detection is off, because the VM does not free its memory at exit. The usual NIF is put back afterwards.
#
# Usage: tools/test_asan.sh [MIX_TEST_ARGUMENT...]    default: --only sanitizer
set -euo pipefail
cd "$(dirname "$0")/.."

arguments=("$@")
((${#arguments[@]} > 0)) || arguments=(--only sanitizer)
unset ECTO_DEPS_DIR
export MIX_ENV=test MIX_ARCHIVES=$PWD/build/no_archives

# First with the usual NIF: compiling the Elixir code loads it, into a VM without libasan.
mix compile
LIBSQL_CMAKE_PRESET=asan mix compile
trap 'mix compile >/dev/null' EXIT

# Reports go to files: on standard error they are lost when the VM crashes.
reports=$PWD/build/asan/reports
rm -rf "$reports" && mkdir -p "$reports"
status=0
LD_PRELOAD=$(gcc -print-file-name=libasan.so) \
  ASAN_OPTIONS=detect_leaks=0:abort_on_error=1:log_path=$reports/asan \
  UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan \
  mix test --no-compile "${arguments[@]}" || status=$?

if compgen -G "$reports/*" >/dev/null; then
  cat "$reports"/*
  exit 1
fi
exit $status
