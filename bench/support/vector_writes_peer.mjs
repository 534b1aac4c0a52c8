// libSQL's side of bench/vector_writes.exs, which takes the same steps.
//
// Usage: node vector_writes_peer.mjs DATABASE VECTORS QUERIES DIMENSIONS ROWS BATCH BATCHES SINGLES QUERY_COUNT
// Prints a line for each measure: its name and a number.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [path, vectorFile, queryFile, ...numbers] = process.argv.slice(2);
const [dimensions, rows, batch, batches, singles, queryCount] = numbers.map(Number);
const OFFSET = 1_000_000;

function read(file) {
  const bytes = readFileSync(file);
  const size = 4 * dimensions;
  return Array.from({ length: bytes.length / size }, (_, i) => Buffer.from(bytes.subarray(i * size, (i + 1) * size)));
}

const db = new (require("libsql"))(path);
db.exec("PRAGMA journal_mode = wal");
db.exec("PRAGMA synchronous = normal");
db.exec("PRAGMA cache_size = -2000");
db.exec(`CREATE TABLE v (id INTEGER PRIMARY KEY, x F32_BLOB(${dimensions}))`);
const insert = db.prepare("INSERT INTO v (id, x) VALUES (?, ?)");
const all = read(vectorFile).map((vector, i) => [i + 1, vector]);
const queries = read(queryFile).slice(0, queryCount);

function insertAll(list) {
  db.exec("BEGIN");
  for (const row of list) insert.run(row);
  db.exec("COMMIT");
}
function inBatches(list) {
  for (let at = 0; at < list.length; at += batch) insertAll(list.slice(at, at + batch));
}
function milliseconds(work) {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e6;
}
const median = (values) => values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const ids = (sql, query) => db.prepare(sql).all([query]).map((row) => row.id);

function recall() {
  let found = 0;
  for (const query of queries) {
    const near = new Set(ids("SELECT id FROM vector_top_k('i', ?, 10)", query));
    found += ids("SELECT id FROM v ORDER BY vector_distance_cos(x, ?) LIMIT 10", query).filter((id) => near.has(id)).length;
  }
  return found / (10 * queries.length);
}
const print = (name, value) => console.log(name, value);

const base = all.slice(0, rows);
insertAll(base);
db.exec("CREATE INDEX i ON v (libsql_vector_idx(x))");
print("fresh", recall());
const batched = all.slice(rows, rows + batches * batch);
print("batch", (1000 * batched.length) / milliseconds(() => inBatches(batched)));
const alone = all.slice(rows + batched.length, rows + batched.length + singles);
print("single", (1000 * alone.length) / milliseconds(() => alone.forEach((row) => insert.run(row))));
const counts = [];
const times = queries.map((query) =>
  milliseconds(() => counts.push(ids("SELECT id FROM vector_top_k('i', ?, 1000)", query).length)),
);
print("thousand", median(counts));
print("thousand_ms", median(times));
const fifth = base.filter(([id]) => id % 5 === 1);
const deleteFifth = db.prepare("DELETE FROM v WHERE id <= ? AND id % 5 = 1");
print("delete", milliseconds(() => deleteFifth.run([rows])) / fifth.length);
insertAll(fifth);
print("churned", recall());
inBatches(base.map(([id, vector]) => [id + OFFSET, vector]));
db.prepare("DELETE FROM v WHERE id <= ?").run([OFFSET]);
print("again", recall());
db.close();
