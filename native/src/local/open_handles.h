// The statements and cursors that a session keeps between two requests, by their ids.
#ifndef LIBSQL_LOCAL_OPEN_HANDLES_H_
#define LIBSQL_LOCAL_OPEN_HANDLES_H_

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/live_count.h"
#include "libsql/request.h"
#include "libsql/value.h"
#include "local/borrowed_statement.h"
#include "local/statement.h"

namespace libsql::local {

struct OpenStatement {
  std::unique_ptr<LocalStatement> statement;
  core::LiveCount count{core::live_statements};
};

struct OpenCursor {
  std::vector<Value> values;  // The statement borrows their bytes.
  BorrowedStatement statement;
  std::uint64_t transaction;  // With which it ends; 0: none.
  bool done = false;
  core::LiveCount count{core::live_cursors};
};

// Threads: thread-compatible, together with their session.
class OpenHandles {
 public:
  [[nodiscard]] StatementId add(std::unique_ptr<LocalStatement> statement);
  [[nodiscard]] CursorId add(std::unique_ptr<OpenCursor> cursor);
  // Errors: unknown_statement.
  [[nodiscard]] LocalStatement& find(StatementId id);
  void close(StatementId id);
  // `open_transaction`: the number of the open one, 0 for none. Errors: unknown_cursor, also for
  // one that has ended with its transaction.
  [[nodiscard]] OpenCursor& find(CursorId id, std::uint64_t open_transaction);
  void close(CursorId id) noexcept { cursors_.erase(id); }
  void close_cursors() noexcept { cursors_.clear(); }
  void close_all() noexcept;

 private:
  std::uint64_t next_ = 1;
  std::unordered_map<StatementId, OpenStatement> statements_;
  std::unordered_map<CursorId, std::unique_ptr<OpenCursor>> cursors_;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_OPEN_HANDLES_H_
