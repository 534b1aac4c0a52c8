#!/usr/bin/env bash
# Builds the Elixir documentation with ExDoc, where it is to be had (ECTO_DEPS_DIR or Hex), and fails on
# any warning: a reference to a hidden module, a broken link, a fence that is no code block.
set -euo pipefail
cd "$(dirname "$0")/.."

hex=$(compgen -G "${MIX_ARCHIVES:-${MIX_HOME:-$HOME/.mix}/archives}/hex-*" || true)
if [[ ! -f ${ECTO_DEPS_DIR:-/nowhere}/ex_doc/mix.exs && -z $hex ]]; then
  echo "skipped: the documentation by ExDoc (no ex_doc in ECTO_DEPS_DIR, no Hex)"
  exit 0
fi
MIX_ENV=dev mix docs --warnings-as-errors --output build/doc
