// libsql, the native package, against a server.
const assert = require('assert');
const Database = require('libsql');
const [url, authToken] = process.argv.slice(2);

const db = new Database(url, { authToken });
db.exec('DROP TABLE IF EXISTS native_rows; CREATE TABLE native_rows (a INTEGER PRIMARY KEY, b TEXT)');
const inserted = db.prepare('INSERT INTO native_rows (b) VALUES (?)').run('x');
assert.strictEqual(inserted.changes, 1);
assert.strictEqual(inserted.lastInsertRowid, 1);
assert.deepStrictEqual(db.prepare('SELECT b FROM native_rows WHERE a = ?').raw().all(1), [['x']]);
const insertMany = db.transaction((count) => {
  for (let i = 0; i < count; i++) db.prepare('INSERT INTO native_rows (b) VALUES (?)').run('t');
});
insertMany(3);
assert.strictEqual(db.prepare('SELECT count(*) AS n FROM native_rows').get().n, 4);
assert.throws(() => db.prepare('INSERT INTO native_rows VALUES (1, NULL)').run(), /UNIQUE constraint failed/);
db.close();
console.log('ok');
