// libsql, the native package, as an embedded replica by "V2": one life of a client. It syncs, checks that table `rows` has
// EXPECTED rows, writes one more and reads it back.
const assert = require('assert');
const fs = require('fs');
const Database = require('libsql');
const [url, authToken, path, expected] = process.argv.slice(2);

const db = new Database(path, { syncUrl: url, authToken });
const count = () => db.prepare('SELECT count(*) AS n FROM rows').all()[0].n;

db.sync();
assert.strictEqual(count(), Number(expected));
db.exec("INSERT INTO rows (a) VALUES ('exec')");
assert.strictEqual(count(), Number(expected) + 1);
assert.strictEqual(db.prepare('DELETE FROM rows WHERE a = ?').run(['exec']).changes, 1);
assert.strictEqual(count(), Number(expected));

db.exec('BEGIN');
db.exec("INSERT INTO rows (a) VALUES ('rolled back')");
assert.strictEqual(count(), Number(expected) + 1);
db.exec('ROLLBACK');
assert.strictEqual(count(), Number(expected));

assert.throws(() => db.exec('INSERT INTO rows (id) VALUES (-1), (-1)'), /UNIQUE constraint failed/);
db.exec("INSERT INTO rows (a) VALUES ('kept')");
assert.strictEqual(count(), Number(expected) + 1);
db.close();

const position = JSON.parse(fs.readFileSync(`${path}-info`));
assert.strictEqual(position.version, 0);
console.log(position.generation);
