// @libsql/hrana-client against a server: streams, stored SQL, conditions, cursors, in a version of the protocol.
const assert = require('assert');
const hrana = require('@libsql/hrana-client');
const [url, authToken, version] = process.argv.slice(2);

(async () => {
  const http = url.startsWith('http');
  const client = http
    ? hrana.openHttp(url, authToken, undefined, undefined, Number(version))
    : hrana.openWs(url, authToken, Number(version));
  assert.strictEqual(await client.getVersion(), Number(version));
  const stream = client.openStream();
  const row = await stream.queryRow(["SELECT ? AS a, x'00ff' AS b, 1.5 AS f, 'é' AS t, NULL AS n", [42n]]);
  assert.strictEqual(row.row.a, 42);
  assert.strictEqual(row.row.f, 1.5);
  assert.strictEqual(row.row.t, 'é');
  assert.strictEqual(row.row.n, null);

  await stream.sequence('DROP TABLE IF EXISTS hrana_rows; CREATE TABLE hrana_rows (a INTEGER PRIMARY KEY)');
  const described = await stream.describe('INSERT INTO hrana_rows VALUES (:a)');
  assert.deepStrictEqual(described.paramNames, [':a']);
  assert.strictEqual(described.isReadonly, false);

  const stored = http ? stream.storeSql('SELECT 7') : client.storeSql('SELECT 7');
  assert.strictEqual((await stream.queryValue(stored)).value, 7);
  stored.close();

  // With version 3, a batch over a cursor as well.
  for (const cursor of version === '3' ? [false, true] : [false]) {
    const batch = stream.batch(cursor);
    const begin = batch.step();
    begin.run('BEGIN IMMEDIATE').catch(() => {});
    const insert = batch.step().condition(hrana.BatchCond.ok(begin));
    const inserted = insert.run('INSERT INTO hrana_rows DEFAULT VALUES');
    const failing = batch.step().condition(hrana.BatchCond.ok(insert));
    const failed = failing.run('INSERT INTO hrana_rows VALUES (1)').then(() => undefined, (error) => error.code);
    const commit = batch.step().condition(hrana.BatchCond.ok(failing));
    const committed = commit.run('COMMIT');
    const rolledBack = batch.step().condition(hrana.BatchCond.not(hrana.BatchCond.ok(commit))).run('ROLLBACK');
    const rows = batch.step().query(
      'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 5000) SELECT n FROM c');
    await batch.execute();
    assert.strictEqual((await inserted).affectedRowCount, 1);
    assert.strictEqual(await failed, 'SQLITE_CONSTRAINT');
    assert.strictEqual(await committed, undefined);
    assert.notStrictEqual(await rolledBack, undefined);
    assert.strictEqual((await rows).rows.length, 5000);
  }
  if (version === '3') assert.strictEqual(await stream.getAutocommit(), true);
  await assert.rejects(stream.run('SELECT nope'), (error) => error.code === 'SQL_INPUT_ERROR');
  stream.close();
  client.close();
  console.log('ok');
})().catch((error) => { console.error(error); process.exit(1); });
