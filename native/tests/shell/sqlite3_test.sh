#!/usr/bin/env bash
# Differential test: for the same input this shell and sqlite3 print the same.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

if ! command -v sqlite3 >/dev/null; then
  echo "skipped: no sqlite3 to compare with"
  exit 77
fi

version=$(sqlite3 --version)
if [[ $version != 3.40.* ]]; then
  echo "skipped: the formats are those of sqlite3 3.40, found ${version%% *}"
  exit 77
fi

# same NAME LINE...: runs the lines in both shells.
same() {
  local name=$1
  shift
  printf '%s\n' "$@" >input
  # -init /dev/null: without the user's ~/.sqliterc.
  sqlite3 -batch -bail -init /dev/null data.db <input >theirs 2>theirs.err
  run data.db <input
  cmp -s theirs .out || fail "$name" "$(diff -a theirs .out)" "$err" "$(<theirs.err)"
}

sqlite3 data.db <<'SQL'
CREATE TABLE rows(id INTEGER PRIMARY KEY, name TEXT, price REAL, "odd name" BLOB);
INSERT INTO rows VALUES (1, 'plain', 2.5, NULL), (20, 'it''s', 300000.0, 'x'),
  (300, '"quoted"', -1e-9, 7), (4000, '', 1e15, 'a;b'), (50000, 'a|b', 0.1, 'ü€');
CREATE TABLE bytes(b BLOB, t TEXT);
INSERT INTO bytes VALUES (x'00ff', 'one
two'), (x'', 'cr' || char(13) || 'end');
CREATE TABLE other(a PRIMARY KEY, b UNIQUE);
CREATE INDEX rows_name ON rows(name);
CREATE VIEW dear AS SELECT * FROM rows WHERE price > 100;
SQL

# --- Modes ---

for mode in list line box table insert quote json tabs "insert rows"; do
  same "mode $mode" ".mode $mode" "SELECT id, name, price > 1, \"odd name\" FROM rows;" \
    "SELECT id FROM rows WHERE id < 100; SELECT 'last' AS \"a name\";"
done
for mode in list line box table insert quote tabs csv; do
  same "mode $mode with headers" ".headers on" ".mode $mode" \
    "SELECT id, \"odd name\" AS odd, id AS \"select\" FROM rows WHERE id < 1000;"
done
same "mode markdown" ".mode markdown" "SELECT id, price FROM rows;"
same "mode csv" ".mode csv" "SELECT id, name, price FROM rows WHERE name <> '' AND name <> 'it''s';"
same "mode insert with blobs and line breaks" ".mode insert t" "SELECT b FROM bytes;" \
  "SELECT t FROM bytes;" "SELECT 9e999, -9e999;"
same "mode quote with blobs" ".mode quote" "SELECT b, NULL, 1.5 FROM bytes;"
same "mode json with control characters" ".mode json" \
  "SELECT 'a' || char(9) || char(10) || char(13) || char(8) || char(12) || char(27) || '/\"' AS t;"

# --- Settings ---

for mode in list line box table csv insert quote json; do
  same ".nullvalue in mode $mode" ".mode $mode" ".nullvalue nil" "SELECT NULL AS n, 1 AS x;"
done
same ".separator with escapes" '.separator \t' "SELECT 1, 2;" '.separator ";" "!\n"' "SELECT 1, 2;" \
  '.separator "\041"' "SELECT 1, 2;" ".mode list" "SELECT 1, 2;"
for mode in csv quote line tabs; do
  same ".separator in mode $mode" ".mode $mode" '.separator ; "#\n"' "SELECT 1, 'x;y'; SELECT 3;"
done
same ".changes" ".changes on" "BEGIN;" "INSERT INTO other VALUES (1, 1), (2, 2);" "SELECT 1; SELECT 2;" \
  "UPDATE other SET b = b + 10; DELETE FROM other WHERE a = 1;" "ROLLBACK;"
same ".echo" ".echo on" "SELECT 1;" ".mode csv" "SELECT 2," "3;" ".echo off" "SELECT 4;"
same ".once" ".once once.txt" "SELECT 1; SELECT 2;" "SELECT 3;" ".once once.txt" ".headers on" "SELECT 4 AS a;"
same ".parameter" ".parameter set :a 40+2" ".parameter set @text 'some words'" \
  ".parameter set \$d \"date('2020-01-31')\"" ".parameter set ?9 x'0042'" ".parameter list" \
  "SELECT :a, @text, \$d, typeof(?9), :none, typeof(:a);" ".parameter unset :a" ".parameter list" \
  ".parameter clear" ".parameter list" "SELECT :a;"
same ".indexes" ".indexes rows" ".indexes none"
same ".databases" ".databases"

# --- Reading ---

printf 'a\tb\n1\t"x ""y"\n2\tz\n' >data.tsv
printf 'a;b\n1;x,y\n2;"p;q"\n' >semicolons.txt
printf 'a,b\n1,"x,y"\n2,z\n' >data.csv
same ".import of tabs" ".mode tabs" ".import data.tsv t" "SELECT * FROM t;" "DROP TABLE t;"
same ".import with .separator" '.separator ;' ".import semicolons.txt t" ".mode quote" "SELECT * FROM t;" \
  "DROP TABLE t;"
same ".import --csv --skip" "CREATE TABLE t(a, b);" ".import --csv --skip 1 data.csv t" "SELECT * FROM t;" \
  "DROP TABLE t;"
same ".import --schema" "CREATE TEMP TABLE t(a, b);" ".import --csv -skip 1 -schema temp data.csv t" \
  "SELECT * FROM temp.t;"

# --- Numbers ---

# Only numbers that read back from 15 digits: sqlite3 3.40 never shows more.
cat >numbers.sql <<'SQL'
CREATE TABLE numbers(v REAL);
INSERT INTO numbers VALUES (300000.0), (1e14), (1e15), (1e16), (1e17), (-1e15), (123456789012345.0), (0.1), (-0.1),
  (0.01), (1e-3), (1e-4), (1e-5), (1.5e-5), (-0.0), (0.0), (5e-324), (1e-300), (1e22), (1e100), (1e300), (9e999),
  (-9e999), (100.0), (123.456), (0.5), (3.14159265358979), (999999999999999.0), (99999.5), (1e5), (1e6), (2.5e-7);
WITH RECURSIVE n(i) AS (SELECT -30 UNION ALL SELECT i + 1 FROM n WHERE i < 30)
  INSERT INTO numbers SELECT CAST('1.25e' || i AS REAL) FROM n UNION ALL SELECT CAST('-7e' || i AS REAL) FROM n;
SQL
sqlite3 data.db <numbers.sql
for mode in list line box csv table markdown; do
  same "numbers in mode $mode" ".mode $mode" "SELECT v FROM numbers;"
done
# In these modes sqlite3 writes 20 digits, so the numbers are compared, not their text.
for mode in quote insert json; do
  run data.db ".mode $mode" "SELECT v FROM numbers WHERE abs(v) < 9e999" </dev/null
  ours=$(grep -oE -- '-?[0-9]+\.[0-9]+(e[-+][0-9]+)?' <<<"$out" | sed 's/.*/SELECT &;/' | sqlite3 :memory: | tr '\n' ' ')
  theirs=$(sqlite3 data.db "SELECT v FROM numbers WHERE abs(v) < 9e999" | tr '\n' ' ')
  expect "the same numbers in mode $mode" "$theirs" "$ours"
done
same "infinities in mode json" ".mode json" "SELECT 9e999 AS a, -9e999 AS b;"

finish
