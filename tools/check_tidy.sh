#!/usr/bin/env bash
# clang-tidy (.clang-tidy; findings are errors) on every C++ source of the repository, or on those that match
# the regular expression given, with further options of run-clang-tidy.
#
# Usage: tools/check_tidy.sh [PATH_REGEX [OPTION...]]
set -euo pipefail
cd "$(dirname "$0")/.."

cmake --preset tidy >/dev/null
log=build/tidy/tidy.log
files=${1:-$PWD/native/.*\.cc$}
if ! run-clang-tidy -quiet -p build/tidy -j "$(nproc)" "${@:2}" "$files" >"$log" 2>&1; then
  grep -E '(warning|error):' -A3 "$log" | grep -v '^--$' | head -100
  echo "check_tidy: findings above, all of it in $log" >&2
  exit 1
fi
