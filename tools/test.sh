#!/usr/bin/env bash
# `make test`: the C++ tests, the driver without any dependency, and, where Ecto is to be had
# (ECTO_DEPS_DIR or Hex), everything again with it: the pool and the Ecto suites.
set -euo pipefail
cd "$(dirname "$0")/.."

jobs=$(nproc)
export MIX_ENV=test

cmake --preset dev >/dev/null
cmake --build --preset dev -j "$jobs"
ctest --preset dev -j "$jobs"
# The tests over a server need not compile it once more.
export LIBSQL_DEV_SERVER=$PWD/build/dev/native/server/libsql-dev-server

# Without Hex and without ECTO_DEPS_DIR, whatever this machine has.
alone() { env -u ECTO_DEPS_DIR MIX_ARCHIVES="$PWD/build/no_archives" mix "$@"; }

alone compile --warnings-as-errors
alone test

# The Ecto suites run on files and once more in memory.
with_ecto() {
  mix compile --warnings-as-errors
  mix test
  ECTO_LIBSQL_SUITE=memory mix test test/ecto/shared
}

if [[ -n ${ECTO_DEPS_DIR:-} ]]; then
  with_ecto
elif compgen -G "${MIX_ARCHIVES:-${MIX_HOME:-$HOME/.mix}/archives}/hex-*" >/dev/null; then
  mix deps.get
  with_ecto
else
  echo "skipped: tests through a DBConnection pool and the Ecto suites (neither ECTO_DEPS_DIR nor Hex)"
fi
