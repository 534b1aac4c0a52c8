#!/usr/bin/env bash
# The examples of docs/guides/shell.md: each `$ command` of a console block prints what follows it.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
source "$here/helpers.sh"

guide=$here/../../../docs/guides/shell.md
mkdir bin
ln -s "$libsql" bin/libsql
PATH=$scratch/bin:$PATH
checked=0

# check: runs $command, whose output should be $wanted.
check() {
  [[ -n $command ]] || return
  expect "line $number: $command" "$wanted" "$(bash -c "$command" 2>&1 </dev/null | tr -d '\r')"
  command=
  checked=$((checked + 1))
}

command='' wanted='' inside=no number=0
while IFS= read -r line; do
  number=$((number + 1))
  case $inside:$line in
    no:'```console') inside=yes ;;
    yes:'```')
      check
      inside=no
      ;;
    yes:'$ '*)
      check
      command=${line#'$ '} wanted=
      ;;
    yes:*) wanted+=${wanted:+$'\n'}$line ;;
  esac
done <"$guide"
((checked >= 10)) || fail "the guide has examples" "found only $checked"
finish
