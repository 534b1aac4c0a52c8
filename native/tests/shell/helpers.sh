# shellcheck shell=bash disable=SC2034  # out, err and code are for those who source this
# Sourced by the tests of the shell: assertions that count their failures, and a scratch folder.
set -u

libsql=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
failures=0

fail() {
  echo "FAILED: $1"
  shift
  printf '  %s\n' "$@"
  failures=$((failures + 1))
}

# expect NAME WANTED GOT
expect() {
  [[ $2 == "$3" ]] || fail "$1" "expected: ${2@Q}" "     got: ${3@Q}"
}

# expect_match NAME PATTERN GOT
expect_match() {
  # shellcheck disable=SC2053  # the pattern is meant to be one
  [[ $3 == $2 ]] || fail "$1" "expected: ${2@Q} (pattern)" "     got: ${3@Q}"
}

# Runs the command; leaves its outputs in $out and $err and its exit code in $code.
run() {
  "$libsql" "$@" >"$scratch/.out" 2>"$scratch/.err"
  code=$?
  out=$(<"$scratch/.out")
  err=$(<"$scratch/.err")
}

exists() {
  [[ -e $1 ]] && echo yes || echo no
}

finish() {
  ((failures == 0)) || { echo "$failures failed"; exit 1; }
  echo "all passed"
}
