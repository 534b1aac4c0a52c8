// Turns SQLite's pre-update, commit, rollback and WAL hooks into events that are sent only after
// their transaction has committed.
#ifndef LIBSQL_LOCAL_CHANGE_FEED_H_
#define LIBSQL_LOCAL_CHANGE_FEED_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sqlite3.h>

#include "core/sql_savepoint.h"
#include "libsql/events.h"

namespace libsql::local {

// Threads: thread-compatible, together with its connection.
class ChangeFeed {
 public:
  // Replaces the observer; an empty one removes the hooks.
  // Errors: unsupported where SQLite lacks the pre-update hook.
  void observe(sqlite3* db, EventHandler handler);
  [[nodiscard]] bool active() const noexcept { return static_cast<bool>(handler_); }

  // The number of pending changes; cut() removes those of a statement that was undone.
  [[nodiscard]] std::size_t mark() const noexcept { return pending_.size(); }
  void cut(std::size_t mark);
  // How many changes of tables that belong to indexes on vectors there have been, which are not
  // sent: SQLite counts them as changes of the statement's.
  [[nodiscard]] std::int64_t hidden() const noexcept { return hidden_; }
  // A savepoint statement has succeeded.
  void savepoint(const core::SavepointText& text);
  void wal_grew(const char* database, int pages);
  // The transaction has ended: sends the events of what was committed and drops the rest.
  void flush() noexcept;

 private:
  static void on_change(void* self, sqlite3* db, int op, const char* database, const char* table,
                        sqlite3_int64 old_rowid, sqlite3_int64 new_rowid);
  void on_commit() noexcept;
  void on_rollback() noexcept;
  void notify(const Event& event) noexcept;

  struct OpenSavepoint {
    std::string name;
    std::size_t mark;
  };

  EventHandler handler_;
  std::vector<RowChange> pending_;
  std::vector<WalGrew> wal_;
  std::vector<OpenSavepoint> savepoints_;
  std::int64_t hidden_ = 0;
  bool committed_ = false;
  bool rolled_back_ = false;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_CHANGE_FEED_H_
