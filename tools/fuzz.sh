#!/usr/bin/env bash
# Builds the fuzz targets and runs each for some seconds from its corpus, two at a time. A finding is
# kept in build/fuzz/findings/ and fails the run.
#
# Usage: tools/fuzz.sh [SECONDS_PER_TARGET] [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-30}
shift || true
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz -j "$(nproc)"

work=build/fuzz
findings=$work/findings
mkdir -p "$findings"
if (($# > 0)); then
  targets=("${@/#/$work/native/fuzz/}")
else
  mapfile -t targets < <(find "$work/native/fuzz" -maxdepth 1 -type f -executable -name 'fuzz_*' | sort)
fi
((${#targets[@]} > 0)) || { echo "fuzz: no targets in $work/native/fuzz" >&2; exit 1; }

# libFuzzer writes new inputs to the build folder; the corpus of the repository is only read.
fuzz_one() {
  local target=$1 name grown log
  name=$(basename "$target")
  grown=$work/corpus/$name
  log=$work/$name.log
  mkdir -p "$grown"
  local corpora=("$grown")
  for folder in native/fuzz/corpus/"$name" native/fuzz/corpus/"${name#fuzz_}"; do
    [[ -d $folder ]] && corpora+=("$folder")
  done
  if "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$findings/$name-" "${corpora[@]}" >"$log" 2>&1; then
    echo "$name: $(grep -o 'number_of_executed_units: .*' "$log")"
  else
    echo "$name: FAILED, see $log" >&2
    tail -40 "$log" >&2
    return 1
  fi
}
export -f fuzz_one
export work findings seconds

# shellcheck disable=SC2016  # $0 is for the inner shell
printf '%s\0' "${targets[@]}" | xargs -0 -n1 -P2 bash -c 'fuzz_one "$0"'
