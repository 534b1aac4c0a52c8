#include "local/change_feed.h"

#include <utility>

#include "libsql/error.h"
#include "local/sqlite.h"
#include "vector/owner.h"

namespace libsql::local {

void ChangeFeed::observe(sqlite3* db, EventHandler handler) {
  if (handler && !has_preupdate_hook()) {
    throw Error(ErrorKind::unsupported,
                "change events need an SQLite built with SQLITE_ENABLE_PREUPDATE_HOOK");
  }
  handler_ = std::move(handler);
  void* self = handler_ ? this : nullptr;
  set_preupdate_hook(db, handler_ ? &ChangeFeed::on_change : nullptr, self);
  sqlite3_commit_hook(
      db,
      handler_ ? +[](void* feed) {
        static_cast<ChangeFeed*>(feed)->on_commit();
        return 0;
      } : nullptr,
      self);
  sqlite3_rollback_hook(
      db, handler_ ? +[](void* feed) { static_cast<ChangeFeed*>(feed)->on_rollback(); } : nullptr,
      self);
  if (!handler_) {
    pending_.clear();
    wal_.clear();
    savepoints_.clear();
  }
}

void ChangeFeed::on_change(void* self, sqlite3* db, int op, const char* database, const char* table,
                           sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) {
  // The tables of an index are no user's.
  if (vector::is_of_index(table)) {
    ++static_cast<ChangeFeed*>(self)->hidden_;
    return;
  }
  try {
    const bool update = op == SQLITE_UPDATE || is_blob_write(db);
    const auto kind = op == SQLITE_INSERT ? RowChange::Kind::insert
                      : update            ? RowChange::Kind::update
                                          : RowChange::Kind::del;
    const sqlite3_int64 rowid = op == SQLITE_DELETE ? old_rowid : new_rowid;
    static_cast<ChangeFeed*>(self)->pending_.push_back({kind, database, table, rowid});
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory loses an event, not the database
  }
}

// The hook that was called last decides. One step may call both: a statement that finds a new
// schema rolls back, is compiled again and commits; a commit that fails rolls back.
void ChangeFeed::on_commit() noexcept {
  committed_ = true;
  rolled_back_ = false;
}

void ChangeFeed::on_rollback() noexcept {
  committed_ = false;
  rolled_back_ = true;
  pending_.clear();
  savepoints_.clear();
}

void ChangeFeed::cut(std::size_t mark) {
  if (mark < pending_.size()) {
    pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(mark), pending_.end());
  }
}

void ChangeFeed::savepoint(const core::SavepointText& text) {
  if (text.op == core::SavepointText::Op::open) {
    savepoints_.push_back({text.name, pending_.size()});
    return;
  }
  // SQLite takes the innermost savepoint of that name. Source: sqlite.org/lang_savepoint.html
  for (std::size_t i = savepoints_.size(); i-- > 0;) {
    if (sqlite3_stricmp(savepoints_[i].name.c_str(), text.name.c_str()) != 0) continue;
    const bool undo = text.op == core::SavepointText::Op::rollback_to;
    if (undo) cut(savepoints_[i].mark);
    savepoints_.erase(savepoints_.begin() + static_cast<std::ptrdiff_t>(undo ? i + 1 : i),
                      savepoints_.end());
    return;
  }
}

void ChangeFeed::wal_grew(const char* database, int pages) {
  if (handler_) wal_.push_back({database, pages});
}

void ChangeFeed::flush() noexcept {
  // Moved out first, because the handler may replace the observer.
  const auto changes = std::exchange(pending_, {});
  const auto logs = std::exchange(wal_, {});
  const bool rolled_back = std::exchange(rolled_back_, false);
  const bool committed = std::exchange(committed_, false);
  savepoints_.clear();
  if (committed) {
    for (const RowChange& change : changes) notify(change);
    notify(Committed{});
  }
  if (rolled_back) notify(RolledBack{});
  for (const WalGrew& grown : logs) notify(grown);
}

void ChangeFeed::notify(const Event& event) noexcept {
  try {
    if (handler_) handler_(event);
  } catch (...) {  // NOLINT(bugprone-empty-catch): an observer's failure is its own
  }
}

}  // namespace libsql::local
