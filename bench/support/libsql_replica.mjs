// libsql for Node.js as an embedded replica, for bench/replicas.exs. Prints a number.
//
//   node libsql_replica.mjs first URL FILE          milliseconds of the first sync, into a new file
//   node libsql_replica.mjs write URL FILE COUNT    microseconds of a write that is then read
import { createRequire } from "node:module";

// From NODE_PATH, which import() does not look at.
const Database = createRequire(import.meta.url)("libsql");
const [what, syncUrl, file, count] = process.argv.slice(2);
const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;

const db = new Database(file, { syncUrl, authToken: "" });
let begin = milliseconds();
db.sync();

if (what === "first") {
  console.log(milliseconds() - begin);
} else {
  const insert = db.prepare("INSERT INTO written (a) VALUES (?)");
  const work = (times) => {
    for (let n = 0; n < times; n++) {
      const id = insert.run([n]).lastInsertRowid;
      // all(): after a sync, get() goes on reading the old state.
      const rows = db.prepare("SELECT a FROM written WHERE id = ?").all([id]);
      if (rows.length !== 1 || rows[0].a !== n) throw new Error(`row ${id}: ${JSON.stringify(rows)}`);
    }
  };
  work(10);
  begin = milliseconds();
  work(Number(count));
  console.log(((milliseconds() - begin) * 1000) / Number(count));
}
db.close();
