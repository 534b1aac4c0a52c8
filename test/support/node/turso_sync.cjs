// @tursodatabase/sync: pulls pages, pushes its own changes as SQL, and pulls what others have written.
const assert = require('assert');
const { connect } = require('@tursodatabase/sync');
const [url, authToken, path] = process.argv.slice(2);

async function other(sql) {
  const requests = [{ type: 'execute', stmt: { sql } }, { type: 'close' }];
  const response = await fetch(`${url}/v3/pipeline`, {
    method: 'POST',
    headers: { authorization: `Bearer ${authToken}` },
    body: JSON.stringify({ baton: null, requests }),
  });
  assert.strictEqual((await response.json()).results[0].type, 'ok');
}

async function main() {
  await other('CREATE TABLE synced (id INTEGER PRIMARY KEY, a)');
  const db = await connect({ path, url, authToken, clientName: 'test' });
  const count = async () => (await (await db.prepare('SELECT count(*) AS n FROM synced')).all())[0].n;

  assert.strictEqual(await count(), 0);
  await (await db.prepare("INSERT INTO synced (a) VALUES ('pushed')")).run();
  await db.push();
  await other("INSERT INTO synced (a) VALUES ('by another client')");
  assert.strictEqual(await db.pull(), true);
  assert.strictEqual(await count(), 2);
  assert.strictEqual(await db.pull(), false);

  await other(`INSERT INTO synced (a) WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s LIMIT 5000)
    SELECT hex(randomblob(200)) FROM s`);
  await other('DELETE FROM synced WHERE id % 2');
  await other('CREATE INDEX synced_a ON synced (a)');
  assert.strictEqual(await db.pull(), true);
  assert.strictEqual(await count(), 2501);
  await db.close();
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
