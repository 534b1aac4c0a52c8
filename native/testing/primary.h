// A database that plays the primary: its committed pages, as a replication log has them.
#ifndef LIBSQL_TESTING_PRIMARY_H_
#define LIBSQL_TESTING_PRIMARY_H_

#include <cstdint>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "libsql/database.h"

namespace libsql::testing {

// One page of a transaction. `size_after`: pages of the database if it is the last one, else 0.
struct PrimaryFrame {
  std::uint32_t page;
  std::uint32_t size_after;
  std::string image;
};

// A query that gives `value` from 1 to `count`.
inline std::string series(int count) {
  return "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s LIMIT " +
         std::to_string(count) + ") SELECT value FROM s)";
}

// All pages of a database's file as SQLite sees them: decrypted.
[[nodiscard]] std::string pages_of(sqlite3* db);

// Threads: thread-compatible.
class Primary {
 public:
  explicit Primary(const std::string& path);

  void execute(const std::string& sql) { db_.execute_script(sql); }
  [[nodiscard]] Connection& db() noexcept { return db_; }
  // What has been committed since the last call. Moves the log into the file when it is long.
  [[nodiscard]] std::vector<PrimaryFrame> take();
  // The file's bytes when its log is moved into it.
  [[nodiscard]] std::string file();

 private:
  std::string path_;
  Connection db_;
  std::uint32_t taken_ = 0;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_PRIMARY_H_
