// Exact search by packages for Node.js, for bench/vectors.exs.
//
// Usage: node vector_peer.mjs PEER DATABASE CACHE_SIZE DIMENSIONS QUERIES. PEER: libsql or sqlite-vec. DATABASE has a
// table v (id INTEGER PRIMARY KEY, x BLOB); QUERIES is a file of 32-bit floats, which is asked twice. Prints a line for
// each query of the second pass: its milliseconds, and the ids that it found.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// From NODE_PATH, which import() does not look at.
const require = createRequire(import.meta.url);
const [peer, path, cache, dimensions, file] = process.argv.slice(2);
const functions = { libsql: "vector_distance_cos", "sqlite-vec": "vec_distance_cosine" };

function open() {
  if (peer === "libsql") return new (require("libsql"))(path);
  const db = new (require("better-sqlite3"))(path);
  require("sqlite-vec").load(db);
  return db;
}

const db = open();
db.exec(`PRAGMA cache_size = ${cache}`);
const bytes = readFileSync(file);
const size = 4 * Number(dimensions);
const search = db.prepare(`SELECT id FROM v ORDER BY ${functions[peer]}(x, ?) LIMIT 10`);
for (let pass = 0; pass < 2; pass++) {
  for (let at = 0; at < bytes.length; at += size) {
    const query = Buffer.from(bytes.subarray(at, at + size));
    const start = process.hrtime.bigint();
    const rows = search.all([query]);
    const time = Number(process.hrtime.bigint() - start) / 1e6;
    if (pass === 1) console.log([time, ...rows.map((row) => row.id)].join(" "));
  }
}
