// @libsql/client as an embedded replica.
const assert = require('assert');
const { createClient } = require('@libsql/client');
const [syncUrl, authToken, path] = process.argv.slice(2);

async function main() {
  const client = createClient({ url: `file:${path}`, syncUrl, authToken });
  const count = async (on = client) => (await on.execute('SELECT count(*) AS n FROM client_rows')).rows[0].n;

  await client.sync();
  await client.execute('CREATE TABLE client_rows (id INTEGER PRIMARY KEY, a, b BLOB)');
  await client.execute({ sql: 'INSERT INTO client_rows (a, b) VALUES (?, ?)', args: ['x', new Uint8Array([0, 255])] });
  assert.strictEqual(await count(), 1);
  await client.batch(["INSERT INTO client_rows (a) VALUES (1.5)", "INSERT INTO client_rows (a) VALUES (NULL)"], 'write');
  assert.strictEqual(await count(), 3);

  const transaction = await client.transaction('write');
  await transaction.execute("INSERT INTO client_rows (a) VALUES ('t')");
  assert.strictEqual(await count(transaction), 4);
  await transaction.commit();
  assert.strictEqual(await count(), 4);

  await client.execute('ALTER TABLE client_rows ADD COLUMN c DEFAULT 7');
  const rows = (await client.execute('SELECT a, b, c FROM client_rows ORDER BY id')).rows;
  assert.strictEqual(rows[0].a, 'x');
  assert.deepStrictEqual([...new Uint8Array(rows[0].b)], [0, 255]);
  assert.strictEqual(rows[1].a, 1.5);
  assert.strictEqual(rows[3].c, 7);
  await assert.rejects(client.execute('INSERT INTO client_rows (id) VALUES (1)'), /UNIQUE constraint failed/);
  client.close();
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
