// The data sets of the benchmarks of vectors (shared/specs/vector.md, 14).
//
// Usage: node vector_data.mjs NAME ROWS FOLDER [QUERIES], 500 unless it says otherwise. Writes FOLDER/NAME.vectors and FOLDER/NAME.queries, 32-bit floats in a row,
// and FOLDER/NAME.nearest: for each query a line with the ids, from 1, of its ten nearest by cosine in double precision.
// Prints rows, dimensions and the number of queries. All random numbers come from a fixed seed.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const [name, rows, folder] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const QUERIES = Number(process.argv[5] ?? 500);
const NEAREST = 10;

// mulberry32, and normal numbers from pairs (Box and Muller, 1958).
let state = 2026;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const normals = (count) => Float64Array.from({ length: count }, normal);

function normalised(vector) {
  const length = Math.hypot(...vector);
  return Float32Array.from(vector, (x) => x / length);
}

// Every twentieth image is a query; digits interleaved.
function digits() {
  const pixels = 784;
  const folder = join(dirname(require.resolve("mnist/package.json")), "src", "digits");
  const images = [];
  for (let digit = 0; digit < 10; digit++) {
    const { data } = JSON.parse(readFileSync(join(folder, `${digit}.json`)));
    for (let at = 0; at < data.length; at += pixels) {
      images.push({ order: at / pixels, image: Float32Array.from(data.slice(at, at + pixels)) });
    }
  }
  images.sort((a, b) => a.order - b.order);
  const pick = (query) => images.filter((_, i) => (i % 20 === 0) === query).map((x) => x.image);
  return { size: pixels, vectors: pick(false).slice(0, rows), queries: pick(true).slice(0, QUERIES) };
}

// 1,000 centres in 32 dimensions, the first ones heavier, mapped to 384 dimensions.
function clusters() {
  const [size, latent, count] = [384, 32, 1000];
  const centres = Array.from({ length: count }, () => normals(latent));
  const map = Array.from({ length: size }, () => normals(latent));
  const sums = [];
  centres.forEach((_, rank) => sums.push((sums.at(-1) ?? 0) + 1 / (rank + 10)));
  function point() {
    const wanted = random() * sums.at(-1);
    const centre = centres[sums.findIndex((sum) => sum >= wanted)];
    const place = centre.map((x) => x + 0.5 * normal());
    return normalised(map.map((row) => row.reduce((sum, x, i) => sum + x * place[i], 0.05 * normal())));
  }
  return { size, vectors: Array.from({ length: rows }, point), queries: Array.from({ length: QUERIES }, point) };
}

function directions() {
  const size = 384;
  const point = () => normalised(normals(size));
  return { size, vectors: Array.from({ length: rows }, point), queries: Array.from({ length: QUERIES }, point) };
}

function nearest(query, vectors, lengths) {
  const found = vectors.map((vector, i) => {
    let dot = 0;
    for (let j = 0; j < vector.length; j++) dot += vector[j] * query[j];
    return { id: i + 1, closeness: dot / lengths[i] };
  });
  found.sort((a, b) => b.closeness - a.closeness || a.id - b.id);
  return found.slice(0, NEAREST).map((row) => row.id);
}

const { size, vectors, queries } = { A: digits, B: clusters, C: directions }[name]();
const bytes = (list) => Buffer.concat(list.map((x) => Buffer.from(x.buffer)));
writeFileSync(join(folder, `${name}.vectors`), bytes(vectors));
writeFileSync(join(folder, `${name}.queries`), bytes(queries));
const lengths = vectors.map((vector) => Math.hypot(...vector));
const lines = queries.map((query) => nearest(query, vectors, lengths).join(" "));
writeFileSync(join(folder, `${name}.nearest`), lines.join("\n") + "\n");
console.log([vectors.length, size, queries.length].join(" "));
