// libsql, the native package, as an embedded replica: one life of a client. It syncs, checks that table `rows` has EXPECTED
// rows, writes one more and reads it back. Rows are read with all(): get() leaves a statement open that keeps an old state.
const assert = require('assert');
const Database = require('libsql');
const [url, authToken, path, expected] = process.argv.slice(2);

const db = new Database(path, { syncUrl: url, authToken });
const count = () => db.prepare('SELECT count(*) AS n FROM rows').all()[0].n;

const report = db.sync();
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
db.exec("BEGIN; INSERT INTO rows (a) VALUES ('1'), ('2'); DELETE FROM rows WHERE a = '2'; COMMIT");
assert.strictEqual(count(), Number(expected) + 1);
assert.deepStrictEqual(db.prepare('PRAGMA integrity_check').all(), [{ integrity_check: 'ok' }]);
assert.strictEqual(db.sync().frames_synced, 0);
db.close();
console.log(report.frames_synced > 0 ? 'pulled' : 'nothing new');
