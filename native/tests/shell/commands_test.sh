#!/usr/bin/env bash
# The dot commands: their effects, and the errors of wrong arguments.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

# script LINE...: runs the lines on a database in memory.
script() {
  run :memory: < <(printf '%s\n' "$@")
}

# --- Finding commands, and their arguments ---

script ".help"
expect_match ".help lists the commands" "*.backup \[main\] FILE *.import*.timer on|off*" "$out"
script ".help import"
expect_match ".help COMMAND explains this command" ".import \[OPTIONS\] FILE TABLE *--skip N*" "$out"
expect ".help COMMAND explains no other command" 1 "$(grep -c '^\.' <<<"$out")"
script ".help nonsense"
expect ".help of an unknown command fails" "<stdin>:1:1: error: unknown command .nonsense; .help lists them" "$err"
script ".header on" "SELECT 1 AS a;"
expect "a command may be shortened to the beginning of its name" $'a\n1' "$out"
script ".ou"
script ".o x"
expect "a beginning that several commands share is refused with their names" "<stdin>:1:1: error: .o is one of .once, .open, .output" "$err"

while IFS= read -r each; do
  line=${each%%|*} wanted=${each#*|}
  script "$line"
  expect "wrong: $line" "1 <stdin>:1:1: error: $wanted" "$code $err"
done <<'CASES'
.bail maybe|.bail: expected on or off, got "maybe"; usage: .bail on|off
.echo|.echo: an argument is missing; usage: .echo on|off
.changes 2|.changes: expected on or off, got "2"; usage: .changes on|off
.nullvalue a b|.nullvalue: too many arguments, from "b" on; usage: .nullvalue TEXT
.separator|.separator: an argument is missing; usage: .separator COLUMN [ROW]
.mode box t|.mode: only the mode insert takes a table, got "t"; usage: .mode [MODE [TABLE]]
.open a.db b.db|.open: unexpected "b.db"; usage: .open [OPTIONS] [FILE]
.open --zip a.db|.open: unexpected "--zip"; usage: .open [OPTIONS] [FILE]
.backup a b c|.backup: too many arguments, from "c" on; usage: .backup [main] FILE
.backup aux f|only the database main can be copied, got aux; for another one: VACUUM aux INTO 'file'
.restore nowhere.db|cannot read nowhere.db
.once|.once: an argument is missing; usage: .once FILE
.once no/such/folder|cannot write to no/such/folder
.read 'open|a quote does not end
.parameter set a 1|.parameter: a name begins with : @ $ or ?, got "a"; usage: .parameter set|unset|list|clear
.parameter drop :a|.parameter: unexpected ":a"; usage: .parameter set|unset|list|clear
.parameter unset :a|no parameter :a is set
.import --skip x f t|.import: --skip: expected a number, got "x"; usage: .import [OPTIONS] FILE TABLE
.import --tsv f t|.import: unknown option "--tsv"; usage: .import [OPTIONS] FILE TABLE
.import a b c|.import: unexpected "c"; usage: .import [OPTIONS] FILE TABLE
CASES

# --- Output ---

script ".nullvalue NIL" "SELECT NULL, '', 1;" ".mode quote" "SELECT NULL;"
expect ".nullvalue sets the text for NULL, but not in the mode quote" $'NIL||1\nNULL' "$out"
script '.separator \t' "SELECT 1, 2;" '.separator ", " " !\n"' "SELECT 1, 2;" ".mode list" "SELECT 1, 2;"
expect ".separator holds until the next .mode" $'1\t2\n1, 2 !\n1|2' "$out"
script ".mode tabs" "SELECT 1, 2;" ".mode vertical" ".mode"
expect ".mode accepts tabs and vertical" $'1\t2\nline' "$out"
script ".mode insert 'my table'" "SELECT 1, 'a';" ".headers on" "SELECT 1 AS a;" ".mode insert" "SELECT 2 AS b;"
expect ".mode insert TABLE names the table, and .headers its columns" \
  $'INSERT INTO "my table" VALUES(1,\'a\');\nINSERT INTO "my table"(a) VALUES(1);\nINSERT INTO "table"(b) VALUES(2);' \
  "$out"
script ".once one.txt" "SELECT 1; SELECT 2;" "SELECT 3;"
expect ".once redirects the results of one line" $'3 1\n2' "$out $(<one.txt)"
script ".once one.txt" ".once two.txt" "SELECT 4;" "SELECT 5;"
expect "a second .once replaces the first" "5  4" "$out $(<one.txt) $(<two.txt)"
script ".once one.txt" ".output three.txt" "SELECT 6;" "SELECT 7;" ".output" "SELECT 8;"
expect ".output replaces .once" $'8 6\n7' "$out $(<three.txt)"
script ".bail off" ".once one.txt" ".nonsense" "SELECT 9;"
expect ".once also ends with a command that fails" "9 " "$out $(<one.txt)"
script ".output |cat"
expect "a command as the target of results is refused" \
  "<stdin>:1:1: error: results cannot be sent to a command, got |cat; name a file" "$err"
script ".once /dev/full" "SELECT 1;" "SELECT 2;"
expect ".once reports a full disk" \
  "1  <stdin>:2:1: error: the output file could not be written completely" "$code $out $err"
script ".changes on" "CREATE TABLE t(a);" "INSERT INTO t VALUES (1), (2); INSERT INTO t VALUES (3);"
expect ".changes on prints the changed rows after each line" $'changes: 0   total_changes: 0\nchanges: 1   total_changes: 3' "$out"
script ".echo on" "SELECT 1," "2;" ".tables"
expect ".echo on prints statements and commands" $'SELECT 1,\n2;\n1|2\n.tables' "$out"

# --- Errors ---

script ".bail off" "SELECT 1;" "SELECT nonsense;" ".nonsense" "SELECT 2;"
expect "after .bail off a script goes on, and its exit code is 1" $'1 1\n2' "$code $out"
expect "after .bail off each error is shown" 2 "$(grep -c error <<<"$err")"
script ".bail off" "SELECT nonsense;" ".quit"
expect "after .bail off the exit code is 1 also with .quit" 1 "$code"
script ".bail off" ".bail on" "SELECT nonsense;" "SELECT 2;"
expect "after .bail on a script ends at the first error" "1 " "$code $out"
run :memory: --no-bail "SELECT nonsense" "SELECT 2" </dev/null
expect "--no-bail goes on after an error" "1 2" "$code $out"
printf 'SELECT nonsense;\nSELECT 1;\n' >some.sql
script ".bail off" ".read some.sql" "SELECT 2;"
expect ".bail off applies to scripts of .read" $'1 1\n2' "$code $out"

# --- Parameters ---

script ".parameter init" ".parameter set :a 40+2" ".parameter set @b 'it is'" \
  ".parameter set \$c \"date('2020-01-31')\"" ".parameter set ?5 x'00ff'" ".parameter list" \
  "SELECT :a, @b, \$c, :unset, ?, typeof(:a);"
expect ".parameter set binds values, and .parameter list shows them" \
  "\$c '2020-01-31'
:a 42
?5 X'00ff'
@b 'it is'
42|it is|2020-01-31||X'00ff'|integer" "$out"
script ".parameter set :a 1" ".parameter set :b 2" ".parameter unset :a" "SELECT :a, :b;" \
  ".parameter clear" "SELECT :a, :b;" ".parameter list"
expect ".parameter unset and clear remove values" $'|2\n|' "$out"
script ".parameter set :a 'SELECT 1; DROP TABLE t'" "SELECT :a;"
expect ".parameter set keeps text that is no expression" "SELECT 1; DROP TABLE t" "$out"
script ".parameter set :a abs(-9223372036854775807-1)"
expect ".parameter set reports an expression that fails" "1 <stdin>:1:1: error: integer overflow" "$code $err"

# --- Databases ---

run one.db "CREATE TABLE a(x); INSERT INTO a VALUES (1)" </dev/null
run two.db "CREATE TABLE b(y)" </dev/null
script ".open one.db" ".tables" ".open two.db" ".tables" ".open" ".tables" "SELECT 'memory';"
expect ".open changes the database, without a file to one in memory" $'a\nb\nmemory' "$out"
script ".open --readonly one.db" "INSERT INTO a VALUES (2);"
expect_match ".open --readonly refuses writes" "*readonly*" "$err"
script ".open two.db" ".open no/such/folder.db" ".tables"
expect_match ".open fails if the folder does not exist" \
  "1 <stdin>:2:1: error: cannot open no/such/folder.db: unable to open database file*" "$code $err"
script ".bail off" ".open two.db" ".open no/such/folder.db" ".tables"
expect "a failed .open keeps the database" "b" "$out"
script "BEGIN;" ".open two.db"
expect ".open is refused while a transaction is open" \
  "<stdin>:2:1: error: a transaction is open: COMMIT or ROLLBACK it before .open" "${err%%$'\n'*}"
script ".open typo.db" "SELECT 1;"
expect ".open creates no missing file before the first write" "1 no" "$out $(exists typo.db)"
expect_match "a missing file of .open is reported at the end" "libsql: typo.db does not exist*" "$err"
cp one.db again.db
script ".open --new again.db" ".tables" "CREATE TABLE fresh(a);" ".tables"
expect ".open --new empties the file" "fresh" "$out"

run one.db ".databases" </dev/null
expect ".databases shows name, file and access" "main: $scratch/one.db r/w" "$out"
run one.db --readonly "ATTACH 'two.db' AS other" ".databases" </dev/null
expect ".databases shows attached databases" "main: $scratch/one.db r/o
other: $scratch/two.db" "$out"
script ".databases"
expect ".databases shows a database in memory as """ 'main: "" r/w' "$out"
run typo.db ".databases" </dev/null
expect ".databases marks a file that does not exist" "main: $scratch/typo.db (does not exist yet)" "$out"

script "CREATE TABLE film(id INTEGER PRIMARY KEY, embedding F32_BLOB(2));" \
  "CREATE INDEX film_idx ON film (libsql_vector_idx(embedding, 'metric=l2'));" \
  "INSERT INTO film(embedding) VALUES (vector('[1,2]'));" "CREATE INDEX film_id ON film(id);" ".vectors" ".vectors other"
expect ".vectors lists indexes on vectors with their sizes and health" \
  "film_idx: film (libsql_vector_idx(embedding, 'metric=l2')), 20480 bytes, ok" "$out"

script "CREATE TABLE t(a PRIMARY KEY, b);" "CREATE INDEX t_b ON t(b);" "CREATE TABLE u(c UNIQUE);" \
  ".indexes" ".indexes u" "ATTACH ':memory:' AS x;" "CREATE TABLE x.v(a UNIQUE);" \
  "CREATE TEMP TABLE w(a);" ".indexes v" ".tables" ".schema v" ".schema w"
expect ".indexes, .tables and .schema show all open databases" "sqlite_autoindex_t_1
sqlite_autoindex_u_1
t_b
sqlite_autoindex_u_1
x.sqlite_autoindex_v_1
t
temp.w
u
x.v
CREATE TABLE \"x\".v(a UNIQUE);
CREATE TABLE \"temp\".w(a);" "$out"

# --- Backups ---

run one.db ".backup copy.db" </dev/null
run copy.db "SELECT x FROM a" </dev/null
expect ".backup writes a copy of the database" 1 "$out"
run one.db "INSERT INTO a VALUES (2)" ".backup main copy.db" </dev/null
run copy.db "SELECT count(*) FROM a" </dev/null
expect ".backup main FILE replaces an older copy" 2 "$out"
script "CREATE TABLE z(a);" ".restore copy.db" ".tables" "SELECT count(*) FROM a;"
expect ".restore replaces the database by the copy" $'a\n2' "$out"
run restored.db ".restore main copy.db" </dev/null
run restored.db "SELECT count(*) FROM a" </dev/null
expect ".restore creates a missing database" 2 "$out"
echo "this is no database, but it is long enough to be looked at by the engine" >text.db
script "CREATE TABLE z(a);" ".bail off" ".restore text.db" ".tables"
expect ".restore of a file that is no database changes nothing" "1 z" "$code $out"
script "CREATE TABLE z(a); BEGIN; INSERT INTO z VALUES (1);" ".backup copy2.db" "ROLLBACK;"
expect_match ".backup within a transaction that has written is refused" "*within a transaction*" "$err"

finish
