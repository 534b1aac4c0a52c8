// Point queries a second of @libsql/client, for bench/servers.exs. Usage: node libsql_client.mjs URL TASKS QUERIES
import { createRequire } from "node:module";

// From NODE_PATH, which import() does not look at.
const { createClient } = createRequire(import.meta.url)("@libsql/client");
const [url, tasks, queries] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const client = createClient({ url, concurrency: 0 });
const sql = "SELECT * FROM items WHERE id = ?";

async function work(task, count) {
  for (let n = 0; n < count; n++) {
    const id = ((n * 7919 + task * 31) % 10000) + 1;
    const { rows } = await client.execute({ sql, args: [id] });
    if (rows[0].id !== id) throw new Error(`row ${id}: ${JSON.stringify(rows)}`);
  }
}

const all = (count) => Promise.all([...Array(tasks).keys()].map((task) => work(task, count)));
await all(20);
const start = process.hrtime.bigint();
await all(queries);
console.log((tasks * queries * 1e9) / Number(process.hrtime.bigint() - start));
client.close();
