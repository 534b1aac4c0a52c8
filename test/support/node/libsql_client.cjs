// @libsql/client against a server: queries, parameters, batches, transactions, errors.
const assert = require('assert');
const { createClient } = require('@libsql/client');
const [url, authToken] = process.argv.slice(2);

(async () => {
  const db = createClient({ url, authToken });
  await db.execute('DROP TABLE IF EXISTS client_rows');
  await db.execute('CREATE TABLE client_rows (id INTEGER PRIMARY KEY, name TEXT, data BLOB)');
  const inserted = await db.execute({
    sql: 'INSERT INTO client_rows (name, data) VALUES (?, ?)',
    args: ['né', new Uint8Array([0, 255])],
  });
  assert.strictEqual(inserted.rowsAffected, 1);
  assert.strictEqual(inserted.lastInsertRowid, 1n);

  const found = await db.execute({ sql: 'SELECT * FROM client_rows WHERE name = :name', args: { name: 'né' } });
  assert.deepStrictEqual(found.columns, ['id', 'name', 'data']);
  assert.deepStrictEqual(found.columnTypes, ['INTEGER', 'TEXT', 'BLOB']);
  assert.deepStrictEqual(new Uint8Array(found.rows[0].data), new Uint8Array([0, 255]));

  const results = await db.batch(
    ["INSERT INTO client_rows (name) VALUES ('b')", 'SELECT count(*) AS n FROM client_rows'], 'write');
  assert.strictEqual(results[1].rows[0].n, 2);
  await assert.rejects(
    db.batch(["INSERT INTO client_rows (name) VALUES ('c')", 'INSERT INTO client_rows (id) VALUES (1)'], 'write'),
    (error) => error.code === 'SQLITE_CONSTRAINT' && /UNIQUE constraint failed: client_rows.id/.test(error.message));
  const count = async () => (await db.execute('SELECT count(*) AS n FROM client_rows')).rows[0].n;
  assert.strictEqual(await count(), 2);

  for (const [mode, end, expected] of [['write', 'rollback', 2], ['write', 'commit', 3], ['deferred', 'close', 3]]) {
    const transaction = await db.transaction(mode);
    await transaction.execute("INSERT INTO client_rows (name) VALUES ('t')");
    const inside = await transaction.execute('SELECT count(*) AS n FROM client_rows');
    assert.strictEqual(inside.rows[0].n, expected === 2 ? 3 : expected === 3 && end === 'commit' ? 3 : 4);
    await transaction[end]();
    assert.strictEqual(await count(), expected);
  }
  const reading = await db.transaction('read');
  await assert.rejects(reading.execute('DELETE FROM client_rows'), (error) => error.code === 'SQLITE_READONLY');
  reading.close();

  await db.executeMultiple("CREATE TABLE IF NOT EXISTS other (a); INSERT INTO other VALUES (1); DROP TABLE other;");
  await assert.rejects(db.execute('SELECT nope'), (error) => error.code === 'SQL_INPUT_ERROR');
  const many = await Promise.all(Array.from({ length: 50 }, (_, i) => db.execute({ sql: 'SELECT ? AS i', args: [BigInt(i)] })));
  assert.deepStrictEqual(many.map((result) => result.rows[0].i), Array.from({ length: 50 }, (_, i) => i));
  db.close();
  console.log('ok');
})().catch((error) => { console.error(error); process.exit(1); });
