// @tursodatabase/serverless against a server, and its interface of @libsql/client.
const assert = require('assert');
const { connect } = require('@tursodatabase/serverless');
const { createClient } = require('@tursodatabase/serverless/compat');
const [url, authToken] = process.argv.slice(2);

(async () => {
  const db = connect({ url, authToken });
  await db.exec('DROP TABLE IF EXISTS turso_rows; CREATE TABLE turso_rows (a INTEGER PRIMARY KEY, b TEXT)');
  const insert = await db.prepare('INSERT INTO turso_rows (b) VALUES (?)');
  const inserted = await insert.run(['x']);
  assert.strictEqual(inserted.changes, 1);
  assert.strictEqual(Number(inserted.lastInsertRowid), 1);
  const select = await db.prepare('SELECT b FROM turso_rows WHERE a = ?');
  assert.strictEqual((await select.get([1])).b, 'x');
  await db.batch(["INSERT INTO turso_rows (b) VALUES ('y')", "INSERT INTO turso_rows (b) VALUES ('z')"]);
  const rows = await (await db.prepare('SELECT b FROM turso_rows ORDER BY a')).all();
  assert.deepStrictEqual(rows.map((row) => row.b), ['x', 'y', 'z']);
  await assert.rejects((await db.prepare('INSERT INTO turso_rows VALUES (1, NULL)')).run(), /UNIQUE/);

  const client = createClient({ url, authToken });
  const result = await client.execute({ sql: 'SELECT ? AS v', args: [5] });
  assert.strictEqual(Number(result.rows[0].v), 5);
  console.log('ok');
})().catch((error) => { console.error(error); process.exit(1); });
