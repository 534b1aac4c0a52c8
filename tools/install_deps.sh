#!/usr/bin/env bash
# Installs the Debian packages that a job needs, and only calls apt when one is missing.
#
# Usage: tools/install_deps.sh build|quickstart|test|lint|ci...
set -euo pipefail

# To compile the library, the shell, the NIF and the Elixir part.
build=(g++ cmake ninja-build pkg-config libsqlite3-dev libssl-dev libsimdjson-dev
  libprotozero-dev libboost-dev libhwy-dev libedit-dev libcli11-dev
  elixir erlang-dev erlang-crypto erlang-public-key erlang-ssl erlang-parsetools
  erlang-runtime-tools erlang-tools ca-certificates)
# The real data that the quickstart loads.
quickstart=("${build[@]}" wamerican iso-codes)
# C++ and ExUnit tests, benchmarks.
test=("${quickstart[@]}" libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev python3 sqlite3)
# Formatting, layers, clang-tidy.
lint=("${test[@]}" clang-format clang-tidy clang-tools python3-yaml git)
# Everything that .ci/run uses: a second compiler, sanitizers, fuzzing, a bare system for a release.
ci=("${lint[@]}" clang libclang-rt-14-dev valgrind debootstrap)

missing_of() {
  local package
  for package in "$@"; do
    if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true) != installed ]]; then
      echo "$package"
    fi
  done
}

fail() {
  echo "install_deps: $1" >&2
  echo "install_deps: please install by hand: ${missing[*]}" >&2
  exit 1
}

declare -a wanted=()
for group in "$@"; do
  case "$group" in
    build) wanted+=("${build[@]}") ;;
    quickstart) wanted+=("${quickstart[@]}") ;;
    test) wanted+=("${test[@]}") ;;
    lint) wanted+=("${lint[@]}") ;;
    ci) wanted+=("${ci[@]}") ;;
    *)
      echo "install_deps: unknown group '$group'; one of build, quickstart, test, lint, ci" >&2
      exit 2
      ;;
  esac
done

if ! command -v dpkg-query >/dev/null; then
  echo "install_deps: no dpkg here; going on with what is installed" >&2
  exit 0
fi
mapfile -t missing < <(missing_of "${wanted[@]}" | sort -u)
((${#missing[@]} > 0)) || exit 0

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "neither root nor sudo"
  as_root=(sudo)
fi
command -v apt-get >/dev/null || fail "no apt-get"

apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@"
}

echo "install_deps: installing ${missing[*]}"
# The package lists of a new machine may be empty or old: update them once, then install.
apt update || echo "install_deps: apt-get update failed; trying with the lists at hand" >&2
apt install -y --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get could not install them (no network, or not Debian 12?)"
