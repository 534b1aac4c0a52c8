#!/usr/bin/env bash
# .import: RFC 4180, all rows or none, errors that name the line; the mode csv as its reverse.
# shellcheck disable=SC1091,SC2154  # helpers.sh is here, and sets out, err and code
source "$(dirname "${BASH_SOURCE[0]}")/helpers.sh"

printf 'id,name,"the note"\r\n1,Ada,"a ""quoted"", b\r\nsecond line"\r\n2,,""\r\n' >people.csv
run people.db -c ".import people.csv people" -c "SELECT count(*) FROM people" </dev/null
expect "a table is created from the header" 2 "$out"
run people.db -c "SELECT sql FROM sqlite_schema" </dev/null
expect "the columns of the new table are TEXT" 'CREATE TABLE "people" ("id" TEXT, "name" TEXT, "the note" TEXT)' "$out"
run people.db -c "SELECT quote(name), hex(\"the note\") FROM people WHERE id = 1" </dev/null
expect "quotes and line breaks in fields are kept" \
  "'Ada'|$(printf 'a "quoted", b\r\nsecond line' | od -An -tx1 | tr -d ' \n' | tr a-f A-F)" "$out"
run people.db -c "SELECT quote(name), quote(\"the note\") FROM people WHERE id = 2" </dev/null
expect "an empty field is NULL, a quoted empty field is the empty text" "NULL|''" "$out"

run people.db --mode csv --headers -c "SELECT * FROM people" </dev/null
expect "the mode csv writes the file that was imported" "$(sed '1s/"//g' people.csv)" "$out"

cat >typed.sql <<'SQL'
CREATE TABLE typed(a INTEGER PRIMARY KEY, b REAL CHECK (b < 100), c AS (a * 2));
SQL
printf '1,1.5\n2,2\n' >two.csv
run typed.db -c ".read typed.sql" -c ".import two.csv typed" \
  -c "SELECT a, typeof(a), b, typeof(b), c FROM typed" </dev/null
expect "an existing table converts the values and computes its generated columns" \
  $'1|integer|1.5|real|2\n2|integer|2.0|real|4' "$out"
printf 'a,b\n3,3\n' >header.csv
run typed.db -c ".import header.csv typed --skip 1" -c "SELECT max(a) FROM typed" </dev/null
expect "--skip leaves out the header" 3 "$out"

# Nothing is imported when one row is wrong; the message names the line.
printf '10,1\n"11",2\n12\n13,4\n' >short.csv
run typed.db -c ".import short.csv typed" </dev/null
expect "a row with too few fields is refused" \
  "1 -c:1:1: error: short.csv:3: expected 2 fields, found 1; nothing was imported" "$code $err"
printf '20,1\n21,2,3\n' >long.csv
run typed.db -c ".import long.csv typed" </dev/null
expect_match "a row with too many fields is refused" "*long.csv:2: expected 2 fields, found 3;*" "$err"
printf '30,1\n31,"\n2"\n32,100\n' >check.csv
run typed.db -c ".import check.csv typed" </dev/null
expect_match "a constraint violation names the line of the row" \
  "*check.csv:4: CHECK constraint failed: b < 100; nothing was imported" "$err"
printf '40,1\n41,"2\n42,3\n' >open.csv
run typed.db -c ".import open.csv typed" </dev/null
expect_match "a quote that does not end is refused with its line" "*open.csv:2: a quoted field that begins here*" "$err"
run typed.db -c "SELECT count(*), max(a) FROM typed" </dev/null
expect "failed imports insert no row" "3|3" "$out"
printf 'x,y\n1\n' >broken.csv
run typed.db -c ".import broken.csv fresh" </dev/null
run typed.db -c ".tables" </dev/null
expect "failed imports create no table" "typed" "$out"

run typed.db <<'SQL'
BEGIN;
INSERT INTO typed(a, b) VALUES (50, 1);
.import two.csv other
COMMIT;
SELECT count(*) FROM other;
SELECT max(a) FROM typed;
SQL
expect "an import joins an open transaction" $'1\n50' "$out"

# What editors and spreadsheets write.
printf 'a,b\n1,2\n\n3,4\n\n' >blank.csv
run :memory: -c ".import blank.csv t" -c "SELECT * FROM t" </dev/null
expect "blank lines are no rows" $'1|2\n3|4' "$out"
printf 'a\n1\n\n' >blank_one.csv
run :memory: -c ".import blank_one.csv t" -c "SELECT quote(a) FROM t" </dev/null
expect "blank lines are rows of a table with one column" $'\'1\'\nNULL' "$out"
printf 'a,b\r1,2\r' >mac.csv
run :memory: -c ".import mac.csv t" </dev/null
expect_match "lines that end in CR alone are refused" "*mac.csv:1: *carriage return*" "$err"
printf 'a,b\n1,2\n' | iconv -t UTF-16 >utf16.csv
run :memory: -c ".import utf16.csv t" </dev/null
expect_match "UTF-16 is refused" "*utf16.csv:1: field 1 is not in UTF-8*" "$err"
printf 'a,b\n1,caf\xe9\n' >latin1.csv
run :memory: -c ".import latin1.csv t" </dev/null
expect_match "Latin-1 is refused with line and field" "*latin1.csv:2: field 2 is not in UTF-8*" "$err"

run :memory: -c ".import nowhere.csv t" </dev/null
expect "a missing file cannot be imported" "1 -c:1:1: error: cannot read nowhere.csv" "$code $err"
run :memory: -c ".import . t" </dev/null
expect "a folder cannot be imported" "1" "$code"
: >empty.csv
run :memory: -c ".import empty.csv t" </dev/null
expect_match "an empty file cannot create a table" "*no such table: t, and no header*" "$err"

# Other separators than commas.
printf 'a\tb,c\n1\t"two\twords"\n2\t\n' >tabs.tsv
run :memory: ".mode tabs" ".import tabs.tsv t" ".mode quote" ".headers on" "SELECT * FROM t" </dev/null
expect "the mode tabs imports tab-separated values" $'\'a\',\'b,c\'\n\'1\',\'two\twords\'\n\'2\',NULL' "$out"
printf 'a;b|1;"x|y"|' >bars.txt
run :memory: '.separator ";" "|"' ".import bars.txt t" ".mode quote" "SELECT * FROM t" </dev/null
expect "both separators can be chosen" "'1','x|y'" "$out"
run :memory: ".mode tabs" ".import --csv two.csv t" "SELECT * FROM t" </dev/null
expect "--csv means commas in every mode" $'2\t2' "$out"
run :memory: ".mode list" ".import two.csv t" "SELECT * FROM t" </dev/null
expect "without a chosen separator, fields are separated by commas" "2|2" "$out"
run :memory: '.separator ", "' ".import two.csv t" </dev/null
expect "a separator of two bytes is refused" \
  "SQL 2:1:1: error: .import needs two different separators of one byte each, got ', ' and '
'" "$err"
run :memory: '.separator , ,' ".import two.csv t" </dev/null
expect_match "two equal separators are refused" "*got ',' and ','" "$err"

# Tables of other databases.
run :memory: "ATTACH 'aux.db' AS aux" ".import --schema aux two.csv t" "SELECT * FROM aux.t" </dev/null
expect "--schema names the database of the table" "2|2" "$out"
run aux.db "SELECT count(*) FROM t" </dev/null
expect "the rows of an import with --schema are in the file of that database" 1 "$out"
run :memory: ".import --schema nowhere two.csv t" </dev/null
expect_match "--schema with an unknown database fails" "*two.csv:1: unknown database 'nowhere'; nothing was imported" "$err"

# A database that does not exist.
run typo.db ".import nowhere.csv t" </dev/null
expect "a missing input file creates no database" "1 no" "$code $(exists typo.db)"
run created.db ".import two.csv t" "SELECT * FROM t" </dev/null
expect "an import creates the database" "2|2 yes" "$out $(exists created.db)"

# A larger file: all rows are imported, in order.
seq 50000 | sed -E 's/.*/&,"word &, quoted"/; 1i n,w' >large.csv
run :memory: -c ".import large.csv l" \
  -c "SELECT count(*), sum(CAST(n AS INT)), sum(w = 'word ' || n || ', quoted') FROM l" </dev/null
expect "all of fifty thousand rows are imported, in order" "50000|1250025000|50000" "$out"

finish
