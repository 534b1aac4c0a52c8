#!/usr/bin/env bash
# The command in scripts: options, exit codes, errors, modes, dot commands.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

# --- Options and exit codes ---

run :memory: -c "SELECT 1, 'two', NULL, 2.5" </dev/null
expect "-c runs SQL in list mode" "1|two||2.5" "$out"
expect "the exit code of success is 0" 0 "$code"

run :memory: -c "CREATE TABLE t(a)" -c "INSERT INTO t VALUES (7)" -c "SELECT a FROM t" </dev/null
expect "several -c use one connection" 7 "$out"

run --version
expect_match "--version shows the versions of libsql and SQLite" "libsql [0-9]* (SQLite 3.*)" "$out"
run -h
expect_match "-h shows the usage" "*--readonly*Exit codes*" "$out"
expect "-h succeeds" 0 "$code"

run --no-such-option
expect "the exit code of wrong usage is 2" 2 "$code"
run x.db --mode html -c "SELECT 1"
expect "the exit code of an unknown mode is 2" 2 "$code"
run missing/folder/x.db -c "SELECT 1" </dev/null
expect "the exit code for a database that cannot be opened is 2" 2 "$code"
expect_match "a database that cannot be opened is named" "libsql: cannot open missing/folder/x.db: *" "$err"
echo "this is no database, but it is long enough to be looked at by the engine" >text.db
run text.db -c "SELECT * FROM t" </dev/null
expect_match "a file that is no database fails" "[12]" "$code"

run new.db -c "CREATE TABLE t(a); INSERT INTO t VALUES (1)" </dev/null
run new.db --readonly -c "SELECT a FROM t" </dev/null
expect "--readonly reads" 1 "$out"
run new.db --readonly -c "INSERT INTO t VALUES (2)" </dev/null
expect "--readonly refuses to write" 1 "$code"
expect_match "the error of a refused write names readonly" "*readonly*" "$err"
# --- Encryption ---

export TEST_KEY="a key of 32 bytes, used in tests"
run secret.db --key-env TEST_KEY -c "CREATE TABLE t(a); INSERT INTO t VALUES ('CANARY')" </dev/null
expect "--key-env creates an encrypted file" "0 0" "$code $(grep -c CANARY secret.db)"
run secret.db --key-env TEST_KEY -c "SELECT a FROM t" </dev/null
expect "--key-env reads it" CANARY "$out"
run secret.db --key-fd 3 -c "SELECT a FROM t" </dev/null 3<<<"$TEST_KEY"
expect "--key-fd reads the key from a descriptor" CANARY "$out"
run secret.db --key-fd 3 -c "SELECT a FROM t" </dev/null 3<<<"base64:$(printf '%s' "$TEST_KEY" | base64 -w0)"
expect "a key may be base64" CANARY "$out"
run secret.db -c "SELECT a FROM t" </dev/null
expect "an encrypted file without a key is an error" 2 "$code"
expect_match "the error says that the file is encrypted" "*encrypted or damaged*" "$err"
run secret.db --key-env NO_SUCH_KEY -c "SELECT a FROM t" </dev/null
expect "a variable that holds no key is wrong usage" "2 libsql: the environment variable NO_SUCH_KEY holds no key" "$code $err"
run strong.db --key-env TEST_KEY --cipher aes256gcm -c "CREATE TABLE t(a)" </dev/null
run strong.db --key-env TEST_KEY --cipher aes256gcm -c "SELECT count(*) FROM t" </dev/null
expect "--cipher chooses the authenticated format" 0 "$out"
run :memory: --key-env TEST_KEY -c "SELECT 1" </dev/null
expect "a key without a file is wrong usage" 2 "$code"

# --- Missing files ---

run none.db --readonly -c "SELECT 1" </dev/null
expect "--readonly creates nothing" "2 no" "$code $(exists none.db)"

# Arguments after the file are SQL, as in sqlite3.
run :memory: "CREATE TABLE t(a); INSERT INTO t VALUES (7)" "SELECT a FROM t" ".tables" </dev/null
expect "arguments after the file are SQL or dot commands" $'7\nt' "$out"
run :memory: "SELECT 1" "SELEC" </dev/null
expect "an error names the argument" 'SQL 2:1:1: error: near "SELEC": syntax error' "$err"
run :memory: -c "SELECT 1" "SELECT 2" </dev/null
expect "-c runs before the SQL after the file" $'1\n2' "$out"
run -json -header :memory: "SELECT 1 AS a" </dev/null
expect "options may have one dash, and modes are options" '[{"a":1}]' "$out"

# --- A file that does not exist ---

run typo.db "SELECT 1" "PRAGMA journal_mode" "BEGIN; SELECT 2; COMMIT" ".tables" </dev/null
expect "reading a missing file succeeds" $'0 1\ndelete\n2' "$code $out"
expect "reading a missing file does not create it" no "$(exists typo.db)"
expect "reading a missing file is reported on stderr" \
  "libsql: typo.db does not exist and was not created, because nothing was written" "$err"
run typo.db "SELECT * FROM users" </dev/null
expect "an error in a missing file is followed by the report" "1 no SQL:1:1: error: no such table: users
libsql: typo.db does not exist and was not created, because nothing was written" \
  "$code $(exists typo.db) $err"
run typo.db ".backup copy.db" </dev/null
expect ".backup of a missing file is refused" \
  "1 no SQL:1:1: error: typo.db does not exist: nothing to back up" \
  "$code $(exists copy.db) ${err%%$'\n'*}"
run "file:typo.db?cache=private" "SELECT 1" </dev/null
expect "reading a missing file of a URI does not create it" "1 no" "$out $(exists typo.db)"
run made.db "PRAGMA page_size = 8192; BEGIN; SELECT 1; CREATE TABLE t(a); COMMIT" </dev/null
expect "the first write creates a missing file" "0 yes " "$code $(exists made.db) $err"
run made.db "PRAGMA page_size" </dev/null
expect "pragmas that ran before the first write apply to the new file" 8192 "$out"

# Opening a database must not change the journal mode of the file.
run old.db -c "PRAGMA journal_mode=delete; CREATE TABLE t(a)" </dev/null
run old.db -c "SELECT * FROM t" </dev/null
run old.db -c "PRAGMA journal_mode" </dev/null
expect "the journal mode of an existing file stays" delete "$out"

# --- Scripts ---

run :memory: <<'SQL'
CREATE TABLE t(a,
  b);
INSERT INTO t VALUES (1, 'x;y'); INSERT INTO t VALUES (2,
'line
break');
CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;
-- a comment with a ;
SELECT count(*) FROM t;
SELECT a FROM t WHERE a = 2
SQL
expect "a script runs, with the last semicolon missing" $'2\n2' "$out"

run :memory: <<'SQL'
SELECT 1;
SELECT
  2 FORM t;
SELECT 3;
SQL
expect "a script stops at the first error" "1 1" "$code $out"
expect "the error names line and column" '<stdin>:3:10: error: near "t": syntax error' "$err"

run :memory: -c "SELECT 1; SELECT * FROM nowhere" -c "SELECT 2" </dev/null
expect "-c stops at the first error" "1 1" "$code $out"
expect_match "an error in -c names line and column" "-c 1:1:*: error: no such table: nowhere" "$err"

run :memory: <<<"CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES (1);
  INSERT INTO t VALUES (1);"
expect "an error at run time names its statement" \
  "<stdin>:2:3: error: UNIQUE constraint failed: t.a" "$err"

run :memory: <<<".nonsense"
expect "an unknown command fails" "1 <stdin>:1:1: error: unknown command .nonsense; .help lists them" \
  "$code $err"
run :memory: <<<".mode"$'\n'".mode csv"$'\n'".mode"
expect ".mode shows the mode" $'list\ncsv' "$out"
run :memory: <<<".quit"$'\n'"SELECT 1;"
expect ".quit ends a script" "0 " "$code $out"
run :memory: </dev/null
expect "an empty script succeeds" "0 " "$code $out"
run :memory: -c "SELECT 1" >/dev/full </dev/null
"$libsql" :memory: -c "SELECT 1" >/dev/full 2>"$scratch/.err" </dev/null
expect "a full disk is an error" "1 libsql: the output could not be written" "$? $(<"$scratch/.err")"

# --- The init script ---

export HOME=$scratch/home XDG_CONFIG_HOME=$scratch/config
mkdir -p home config
echo ".nullvalue home" >home/.libsqlrc
run :memory: "SELECT NULL" </dev/null
expect "~/.libsqlrc is not read by scripts" "" "$out"
printf '.mode csv\n.nullvalue init\nSELECT 1;\n' >my.init
run :memory: -init my.init "SELECT NULL, 2" </dev/null
expect "-init runs a script first" $'1\r\ninit,2\r' "$out"
run --init my.init -m list :memory: "SELECT NULL, 2" </dev/null
expect "options of the command line override the init script" $'1|\r\ninit|2' "${out/$'1\r'/$'1|\r'}"
run :memory: --init nowhere.init "SELECT 1" </dev/null
expect "a missing init script is wrong usage" "2 libsql: cannot read nowhere.init" "$code $err"
echo "SELECT nonsense;" >bad.init
run :memory: --init bad.init "SELECT 1" </dev/null
expect "an error in the init script ends a script" "1  bad.init:1:8: error: no such column: nonsense" \
  "$code $out $err"

# --- Modes ---

rows="SELECT 1 AS id, 'a|b' AS name UNION ALL SELECT 20, NULL"
run :memory: --mode table -c "$rows" </dev/null
expect "the mode table frames rows in ASCII" "+----+------+
| id | name |
+----+------+
| 1  | a|b  |
| 20 |      |
+----+------+" "$out"
run :memory: --mode markdown -c "$rows" </dev/null
expect "the mode markdown escapes bars" "| id | name |
|----|------|
| 1  | a\\|b |
| 20 |      |" "$out"
run :memory: --mode json -c "$rows" -c "SELECT x'00ff' AS b, 9e999 AS i WHERE 1" </dev/null
expect "the mode json writes one array per query" '[{"id":1,"name":"a|b"},
{"id":20,"name":null}]
[{"b":"00ff","i":1e999}]' "$out"
run :memory: --mode csv --headers -c "SELECT 'a,b' AS x, '' AS y, NULL AS z" </dev/null
expect "the mode csv distinguishes NULL and the empty text" $'x,y,z\r\n"a,b","",\r' "$out"
run :memory: --mode line -c "$rows" </dev/null
expect "the mode line writes one value a line" "   id = 1
 name = a|b

   id = 20
 name = " "$out"
run :memory: --mode box -c "$rows" </dev/null
expect "the mode box frames rows in box-drawing characters" "┌────┬──────┐
│ id │ name │
├────┼──────┤
│ 1  │ a|b  │
│ 20 │      │
└────┴──────┘" "$out"
run :memory: <<<".headers on"$'\n'"SELECT 1 AS x;"$'\n'".headers auto"$'\n'"SELECT 2 AS x;"
expect ".headers on shows the names, auto hides them in the mode list" $'x\n1\n2' "$out"

# The output of a query that fails must not look complete.
failing="SELECT abs(-9223372036854775807 - 1) AS x"
for mode in table box markdown line list csv json insert quote tabs; do
  run :memory: --mode "$mode" --headers -c "$failing" </dev/null
  expect "a query that fails at once prints nothing in mode $mode" "1 " "$code $out"
done
run :memory: --mode json -c "SELECT 1 AS x UNION ALL $failing" </dev/null
expect "json is left open when a query fails after a row" '1 [{"x":1}' "$code $out"
run :memory: --mode table -c "SELECT 1 AS x UNION ALL $failing" </dev/null
expect "the mode table prints no part of a short result that fails" "1 " "$code $out"

# --- Commands ---

cat >schema.sql <<'SQL'
CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX people_name ON people(name);
CREATE VIEW names AS SELECT name FROM people;
SQL
run :memory: <<<".read schema.sql"$'\n'".tables"$'\n'".schema people"
expect ".read runs a script; .tables and .schema TABLE show what it created" "names
people
CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT);
CREATE INDEX people_name ON people(name);" "$out"
run :memory: -c ".read schema.sql" -c ".tables peo%" </dev/null
expect ".tables PATTERN matches as LIKE" people "$out"
run :memory: <<<".schema nothing"
expect ".schema of a missing table fails" "1" "$code"
echo "SELECT 1;
SELECT nonsense;" >bad.sql
run :memory: <<<".read bad.sql"$'\n'"SELECT 2;"
expect "an error in a script of .read ends all scripts" \
  "1 1 bad.sql:2:8: error: no such column: nonsense" "$code $out $err"
echo ".read loop.sql" >loop.sql
run :memory: <<<".read loop.sql"
expect "a script that reads itself fails" 1 "$code"
run :memory: <<<".timer on"$'\n'"SELECT 1;"
expect_match ".timer writes to stderr" "1 time: *.* ms" "$out $err"
run :memory: <<<".output out.txt"$'\n'"SELECT 5;"$'\n'".output"$'\n'"SELECT 6;"
expect ".output redirects results to a file and back" "6 5" "$out $(<out.txt)"
run :memory: <<<".help"
expect_match ".help lists the commands" "*.import *.timer*" "$out"

# --- Transactions that are left open ---

run left.db <<<"CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES (1);"
expect "a transaction without its COMMIT is reported" \
  "1 libsql: a transaction was left open and is rolled back: COMMIT is missing" "$code $err"
run left.db -c "BEGIN" -c ".quit" </dev/null
expect "a transaction that .quit leaves open is reported" 1 "$code"
run left.db -c "SELECT count(*) FROM t" </dev/null
expect "an open transaction is rolled back at the end" "0 0" "$code $out"

run :memory: -c "SELECT 1" -c "SELECT 2; SELEC" </dev/null
expect "an error names its -c among several" \
  '1 -c 2:1:11: error: near "SELEC": syntax error' "$code $err"

# --- Ctrl-C ---

# The rows show that the statement runs; only then is it interrupted.
mkfifo pipe
"$libsql" :memory: >pipe 2>interrupt.err < <(echo "SELECT 'not this one';
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'row', zeroblob(1000) FROM n;") &
pid=$!
exec 3<pipe
read -r line <&3
read -r line <&3
kill -INT "$pid"
cat <&3 >/dev/null
exec 3<&-
wait "$pid"
expect "Ctrl-C ends a script" "row 1" "${line%%|*} $?"
expect_match "the interrupted statement is reported" "<stdin>:2:1: error: interrupted" "$(<interrupt.err)"

finish
