#!/usr/bin/env bash
# Checks (or with --fix, applies) clang-format on native/ and examples/, and mix format.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t sources < <(find native examples -path '*/_build' -prune -o \
  \( -name '*.h' -o -name '*.cc' -o -name '*.c' \) -print | sort)
if [[ ${1:-} == --fix ]]; then
  clang-format -i "${sources[@]}"
  mix format
else
  clang-format --dry-run -Werror "${sources[@]}"
  mix format --check-formatted
fi
