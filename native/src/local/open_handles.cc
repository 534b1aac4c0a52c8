#include "local/open_handles.h"

#include <utility>

#include "libsql/error.h"

namespace libsql::local {

StatementId OpenHandles::add(std::unique_ptr<LocalStatement> statement) {
  const StatementId id{next_++};
  statements_.try_emplace(id, OpenStatement{std::move(statement)});
  return id;
}

CursorId OpenHandles::add(std::unique_ptr<OpenCursor> cursor) {
  const CursorId id{next_++};
  cursors_.emplace(id, std::move(cursor));
  return id;
}

LocalStatement& OpenHandles::find(StatementId id) {
  const auto found = statements_.find(id);
  if (found == statements_.end()) {
    throw Error(ErrorKind::unknown_statement, "Statement not found");
  }
  return *found->second.statement;
}

void OpenHandles::close(StatementId id) {
  if (statements_.erase(id) == 0) {
    throw Error(ErrorKind::unknown_statement, "Statement not found");
  }
}

OpenCursor& OpenHandles::find(CursorId id, std::uint64_t open_transaction) {
  const auto found = cursors_.find(id);
  const bool exists = found != cursors_.end();
  const std::uint64_t bound = exists ? found->second->transaction : 0;
  if (exists && (bound == 0 || bound == open_transaction)) return *found->second;
  if (exists) cursors_.erase(found);
  throw Error(ErrorKind::unknown_cursor, "Cursor not found");
}

void OpenHandles::close_all() noexcept {
  cursors_.clear();
  statements_.clear();
}

}  // namespace libsql::local
