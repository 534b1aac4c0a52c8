// The peers of bench/vector_index.exs: npm's libsql with its index, and hnswlib-node in memory.
//
// Usage: node vector_index_peer.mjs build DATABASE VECTORS DIMENSIONS
//        node vector_index_peer.mjs search DATABASE QUERIES DIMENSIONS CACHE FIRST COUNT
//        node vector_index_peer.mjs effort DATABASE SEARCH_L
//        node vector_index_peer.mjs hnsw VECTORS QUERIES DIMENSIONS
// build prints milliseconds a row for the index, and its bytes. search prints a line for each query: its milliseconds, and the ids
// that it found. hnsw prints such lines for each ef, after a line "ef N".
// effort changes search_l of an index that is there, where libSQL keeps it: entries of a tag and eight bytes (shared/specs/vector.md, 8).
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const [task, ...words] = process.argv.slice(2);

function vectorsOf(file, dimensions) {
  const bytes = readFileSync(file);
  const size = 4 * dimensions;
  return Array.from({ length: bytes.length / size }, (_, i) => Buffer.from(bytes.subarray(i * size, (i + 1) * size)));
}

function timed(search) {
  const start = process.hrtime.bigint();
  const ids = search();
  console.log([Number(process.hrtime.bigint() - start) / 1e6, ...ids].join(" "));
}

function build(path, file, dimensions) {
  const db = new (require("libsql"))(path);
  db.exec("PRAGMA journal_mode = wal");
  db.exec("PRAGMA synchronous = normal");
  db.exec(`CREATE TABLE v (id INTEGER PRIMARY KEY, x F32_BLOB(${dimensions}))`);
  const insert = db.prepare("INSERT INTO v (x) VALUES (?)");
  const vectors = vectorsOf(file, dimensions);
  db.exec("BEGIN");
  for (const vector of vectors) insert.run([vector]);
  db.exec("COMMIT");
  const pages = () => db.prepare("SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size").get([]).n;
  const before = pages();
  const start = process.hrtime.bigint();
  db.exec("CREATE INDEX i ON v (libsql_vector_idx(x))");
  const time = Number(process.hrtime.bigint() - start) / 1e6;
  console.log([time / vectors.length, pages() - before].join(" "));
  db.close();
}

// A query that is not measured comes first: it reads the schema.
function search(path, file, dimensions, cache, first, count) {
  const db = new (require("libsql"))(path);
  db.exec(`PRAGMA cache_size = ${cache}`);
  const statement = db.prepare("SELECT id FROM vector_top_k('i', ?, 10)");
  const queries = vectorsOf(file, dimensions).slice(first, first + count);
  statement.all([queries[0]]);
  for (const query of queries) timed(() => statement.all([query]).map((row) => row.id));
}

function hnsw(file, queryFile, dimensions) {
  const { HierarchicalNSW } = require("hnswlib-node");
  const numbers = (buffer) => Array.from(new Float32Array(buffer.buffer, buffer.byteOffset, dimensions));
  const vectors = vectorsOf(file, dimensions).map(numbers);
  const index = new HierarchicalNSW("cosine", dimensions);
  index.initIndex(vectors.length);
  vectors.forEach((vector, i) => index.addPoint(vector, i + 1));
  const queries = vectorsOf(queryFile, dimensions).map(numbers);
  for (const ef of [10, 20, 40, 80, 160, 320]) {
    index.setEf(ef);
    console.log(`ef ${ef}`);
    for (const query of queries) timed(() => index.searchKnn(query, 10).neighbors);
  }
}

function effort(path, searchL) {
  const [tag, size] = [9, 9];
  const db = new (require("libsql"))(path);
  const { metadata } = db.prepare("SELECT metadata FROM libsql_vector_meta_shadow").get([]);
  const changed = Buffer.from(metadata);
  for (let at = 0; at < changed.length; at += size) {
    if (changed[at] === tag) changed.writeBigUInt64LE(BigInt(searchL), at + 1);
  }
  db.prepare("UPDATE libsql_vector_meta_shadow SET metadata = ?").run([changed]);
  db.close();
}

const [a, b, ...rest] = words;
({ build, search, effort, hnsw })[task](a, b, ...rest.map(Number));
