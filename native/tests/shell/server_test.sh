#!/usr/bin/env bash
# The shell on a server: the same commands as on a file, and what becomes of the token.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
server=$(realpath "$2")
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

export TOKEN=the-canary-token WRONG=another-token
# The servers stop with their standard input, a pipe that this script holds open.
mkfifo lines lifeline
exec 9<>lifeline
"$server" --port 0 --token-env TOKEN --stop-with-stdin server.db >lines 2>server.err <lifeline 9>&- &
server_pid=$!
trap 'kill "$server_pid" 2>/dev/null; rm -rf "$scratch"' EXIT
read -r _ url <lines

on_server() { run --token-env TOKEN "$url" "$@"; }

on_server "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); INSERT INTO t (b) VALUES ('x'), ('y')" "SELECT * FROM t"
expect "statements run on the server" $'0 1|x\n2|y' "$code $out"
on_server ".mode json" "SELECT * FROM t" ".tables" ".schema t"
expect "output modes and the schema are those of a file" \
  $'[{"a":1,"b":"x"},\n{"a":2,"b":"y"}]\nt\nCREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT);' "$out"
on_server "BEGIN" "DELETE FROM t" "ROLLBACK" "SELECT count(*) FROM t"
expect "a transaction spans several statements" 2 "$out"
on_server "BEGIN" "DELETE FROM t"
expect "a transaction that is left open is rolled back and reported" \
  "1 libsql: a transaction was left open and is rolled back: COMMIT is missing" "$code $err"
printf '3,z\n4,z\n' >more.csv
on_server ".import more.csv t" "SELECT count(*) FROM t"
expect ".import writes to the server" 4 "$out"
printf '5,v\n1,again\n' >clash.csv
on_server ".import clash.csv t"
expect_match ".import is all or nothing" "*clash.csv:2: UNIQUE constraint failed: t.a; nothing was imported" "$err"
on_server "SELECT count(*) FROM t" ".dump" >/dev/null
expect_match ".dump reads the server" "4*INSERT INTO \"t\" VALUES(4,'z');*COMMIT;" "$out"
run --token-env TOKEN "$url" < <(printf '.parameter set :b y\nSELECT a FROM t WHERE b = :b;\n')
expect "parameters are sent" 2 "$out"
on_server "SELECT nope FROM t"
expect "an error has its place" "1 SQL:1:8: error: no such column: nope" "$code $err"
on_server ".backup copy.db"
expect "a server's database cannot be copied page by page" 1 "$code"
expect "nothing is written then" no "$(exists copy.db)"

# --- Tokens ---

run "$url" "SELECT 1"
expect_match "without its token the server refuses" "*Unauthorized*" "$err"
run --token-env WRONG "$url" "SELECT 1"
expect_match "another token is refused" "*Unauthorized*" "$err"
expect "a refused token is not shown" 0 "$(grep -c "$WRONG" <<<"$err$out")"
run --token-fd 5 "$url" "SELECT 1" 5<<<"$TOKEN"
expect "a token is read from a descriptor" "0 1" "$code $out"
run --token-env TOKEN file.db "SELECT 1"
expect "a token for a file is an error" "2 libsql: a token needs the URL of a server" "$code $err"
run --readonly "$url" "SELECT 1"
expect_match "--readonly names what decides at a server" "*by the token*" "$err"
run "libsql://127.0.0.1:1/?authToken=$TOKEN&x=1" "SELECT 1"
expect "a token in a URL is not shown" 0 "$(grep -c "$TOKEN" <<<"$err$out")"

# Another server, which takes any token and none.
mkfifo others
"$server" --port 0 --stop-with-stdin >others 2>>server.err <lifeline 9>&- &
other_pid=$!
trap 'kill "$server_pid" "$other_pid" 2>/dev/null; rm -rf "$scratch"' EXIT
read -r _ other <others
on_server ".open $other" "CREATE TABLE u (a)" ".tables" ".open $url" ".tables"
expect ".open changes the server, and returns to the first with its token" $'u\nt' "$out"
on_server ".open ${url/127.0.0.1/localhost}" ".tables"
expect_match ".open sends the token to no other server" "*Unauthorized*" "$err"

run "http://127.0.0.1:1" "SELECT 1"
expect_match "a server that is not there is named" "1 *cannot be reached: 127.0.0.1:1*" "$code $err"
finish
