#!/usr/bin/env bash
# .dump: what it writes is read back exactly, by this shell and by sqlite3.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

cat >everything.sql <<'SQL'
PRAGMA user_version = 42;
PRAGMA application_id = 1234;
CREATE TABLE child(id INTEGER PRIMARY KEY, parent REFERENCES parent(id));
CREATE TABLE parent(id INTEGER PRIMARY KEY AUTOINCREMENT, "odd "" name" TEXT);
INSERT INTO parent VALUES (1, 'it''s'), (2, 'line
break'), (3, 'cr' || char(13) || 'lf' || char(10) || '\n\r'), (4, 'nul' || char(0) || 'after'),
  (5, CAST(x'ff00fe' AS TEXT)), (9, '');
DELETE FROM parent WHERE id = 9;
INSERT INTO child VALUES (1, 1), (2, 5);
CREATE TABLE "values"(v);
INSERT INTO "values" VALUES (NULL), (1), (-9223372036854775808), (9223372036854775807), (0.1),
  (9e999), (-9e999), (5e-324), (1.7976931348623157e308), (3.0), (1e22), (''), (x''), (x'00ff00'),
  ('9e999'), ('日本 €');
CREATE TABLE gaps(a TEXT);
INSERT INTO gaps(rowid, a) VALUES (3, 'three'), (-7, 'minus seven'), (100, 'hundred');
CREATE INDEX gaps_a ON gaps(a);
CREATE TABLE hidden_rowid(rowid TEXT, _rowid_ TEXT);
INSERT INTO hidden_rowid(oid, rowid) VALUES (5, 'x');
CREATE TABLE textkey(k TEXT PRIMARY KEY, v);
INSERT INTO textkey(rowid, k, v) VALUES (4, 'b', 1), (8, 'a', 2);
CREATE TABLE without(k TEXT PRIMARY KEY, v BLOB) WITHOUT ROWID;
INSERT INTO without VALUES ('z', x'01'), ('a', 1.5);
CREATE TABLE generated(a INT, b AS (a * 2) STORED, c INT, d AS (a + c) VIRTUAL);
INSERT INTO generated(a, c) VALUES (1, 10), (2, 20);
CREATE TABLE strict_one(a ANY, b INT) STRICT;
INSERT INTO strict_one VALUES ('5', 5), (5.0, 6);
CREATE UNIQUE INDEX partial ON gaps(a) WHERE a > 'm';
CREATE VIEW view_of_view AS SELECT * FROM plain_view -- comment at the end
;
CREATE VIEW plain_view AS SELECT id FROM parent;
CREATE TABLE log(what);
CREATE TRIGGER note AFTER INSERT ON parent BEGIN INSERT INTO log VALUES ('a;' || new.id); END;
CREATE TRIGGER instead INSTEAD OF INSERT ON plain_view BEGIN SELECT 1; END;
CREATE VIRTUAL TABLE "full text" USING fts5(title, body, tokenize = 'porter');
INSERT INTO "full text"(rowid, title, body) VALUES (7, 'running', 'the dogs ran'), (9, 'x', 'cats');
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
INSERT INTO boxes VALUES (1, 0, 10), (2, 5, 6);
ANALYZE;
SQL
run a.db <<<".read everything.sql"
expect "the database can be created" "0 " "$code $err"
run a.db -c ".dump" </dev/null
cp .out a.sql
expect "the dump succeeds" "0 " "$code $err"

# Read back by this shell: the copy has the same dump, and the same values as SQL shows them.
run b.db <a.sql
expect "our shell reads the dump" "0 " "$code $err"
run b.db -c ".dump" </dev/null
cmp -s a.sql .out || fail "our copy dumps the same" "$(diff a.sql .out | head -20)"

facts=$(cat <<'SQL'
SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql NOT NULL ORDER BY 1, 2;
SELECT rowid, id, quote("odd "" name"), hex("odd "" name"), typeof("odd "" name") FROM parent;
SELECT quote(v), typeof(v), length(v), v = 9e999, printf('%!.26g', v) FROM "values";
SELECT rowid, a FROM gaps ORDER BY 1;
SELECT oid, rowid FROM hidden_rowid;
SELECT rowid, k, v FROM textkey ORDER BY 1;
SELECT k, quote(v) FROM without;
SELECT a, b, c, d FROM generated;
SELECT a, typeof(a), b FROM strict_one;
SELECT what FROM log;
SELECT name, seq FROM sqlite_sequence;
SELECT tbl, idx, stat FROM sqlite_stat1 ORDER BY 1, 2;
SELECT rowid, title FROM "full text" WHERE "full text" MATCH 'run' ORDER BY 1;
SELECT id FROM boxes WHERE x0 < 5;
SELECT user_version, application_id FROM pragma_user_version, pragma_application_id;
PRAGMA integrity_check;
PRAGMA foreign_key_check;
SQL
)
run a.db <<<"$facts"
expect "the facts can be read" "0 " "$code $err"
original=$out
run b.db <<<"$facts"
expect "our copy has the same content" "$original" "$out"
expect_match "our copy passes integrity_check" "*"$'\n'"ok" "$out"

if command -v sqlite3 >/dev/null; then
  expect "sqlite3 reads the dump without messages" "" "$(sqlite3 -bail c.db <a.sql 2>&1)"
  run c.db <<<"$facts"
  expect "sqlite3's copy has the same content" "$original" "$out"
  run c.db -c ".dump" </dev/null
  cmp -s a.sql .out || fail "sqlite3's copy dumps the same" "$(diff a.sql .out | head -20)"
  # The other direction: this shell reads a dump of sqlite3.
  sqlite3 a.db .dump >theirs.sql
  run d.db <theirs.sql
  expect "we read sqlite3's dump" "0 " "$code $err"
  # Compared with what sqlite3 itself reads, because some of its versions read the smallest float as zero and
  # the greatest as infinity.
  sqlite3 theirs.db <theirs.sql
  theirs='SELECT quote(v) FROM "values"'
  expect "sqlite3's dump gives us the same rows as sqlite3" "$(sqlite3 theirs.db "$theirs")" "$(sqlite3 d.db "$theirs")"
else
  echo "skipped: round trip through sqlite3 (not installed)"
fi

# One table.
run a.db -c ".dump Gaps" </dev/null
run e.db <<<"$out"
run e.db -c "SELECT group_concat(name) FROM sqlite_schema" -c "SELECT count(*) FROM gaps" </dev/null
expect ".dump TABLE writes the table with its indexes" $'gaps,gaps_a,partial\n3' "$out"
run a.db -c '.dump "full text"' </dev/null
run f.db <<<"$out"
run f.db -c "SELECT rowid FROM \"full text\" WHERE \"full text\" MATCH 'dog'" </dev/null
expect ".dump TABLE writes a virtual table with its shadow tables" 7 "$out"
run a.db -c ".dump parent" </dev/null
run g.db <<<"CREATE TABLE log(what); CREATE TABLE other(a INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO other VALUES (77);
$out"
run g.db -c "SELECT name, seq FROM sqlite_sequence ORDER BY 1" </dev/null
expect ".dump TABLE does not change the AUTOINCREMENT counters of other tables" $'other|77\nparent|9' "$out"
run a.db -c ".dump nothing" </dev/null
expect ".dump of a missing table fails" "1 -c:1:1: error: no such table: nothing" "$code $err"

# An index on vectors: CREATE INDEX makes what belongs to it.
run v.db <<<"CREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2)); INSERT INTO t VALUES (7, '[1,0]');
CREATE INDEX i ON t(libsql_vector_idx(v));"
run v.db -c ".dump" </dev/null
run w.db <<<"$out"
expect "the dump of an index on vectors is read back" "0 " "$code $err"
run w.db -c "SELECT id FROM vector_top_k('i', '[1,0]', 1)" -c ".tables" -c ".schema" </dev/null
expect "the index is there, and nothing else is shown" $'7\nt\nCREATE TABLE t(id INTEGER PRIMARY KEY, v F32_BLOB(2));
CREATE INDEX i ON t(libsql_vector_idx(v));' "$out"
run w.db -c "INSERT INTO t VALUES (8, '[1]')" </dev/null
expect "it checks what is written" "1" "$code"

run h.db -c ".dump" </dev/null
expect "an empty database has an empty dump" $'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCOMMIT;' "$out"
run a.db -c "BEGIN; DELETE FROM gaps" -c ".dump gaps" -c "ROLLBACK" </dev/null
expect ".dump inside a transaction sees its changes" "0" "$(grep -c INSERT <<<"$out")"

finish
