#!/usr/bin/env bash
# The prompt on a pseudo-terminal: history, multi-line input, errors, Ctrl-C, Ctrl-D.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets libsql and scratch
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

if ! command -v python3 >/dev/null; then
  echo "skipped: no python3 to drive a terminal with"
  exit 77
fi
python3 "$here/prompt_test.py" "$libsql" "$scratch"
