// What a remote session knows between two requests: its transaction, its statements, its cursors.
#ifndef LIBSQL_REMOTE_SESSION_DATA_H_
#define LIBSQL_REMOTE_SESSION_DATA_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/live_count.h"
#include "core/mutex.h"
#include "hrana/receiver.h"
#include "libsql/error.h"
#include "libsql/options.h"
#include "libsql/request.h"
#include "libsql/sql.h"
#include "libsql/statement_info.h"
#include "libsql/value.h"
#include "remote/stream.h"

namespace libsql::remote {

// A query that is read in portions.
struct OpenCursor {
  std::string sql;
  std::shared_ptr<Stream> own_stream;  // Outside of a transaction.
  std::uint64_t transaction = 0;       // With which it ends; 0: none.
  std::vector<std::string> columns;
  std::deque<std::vector<Value>> rows;  // Read ahead.
  std::size_t bytes = 0;                // Of the rows.
  bool done = false;                    // The server has no more rows.
  std::optional<Error> failure;         // In place of the rows that are missing.
};

// Threads: whoever has the session's turn (session_core.h).
class SessionData {
 public:
  explicit SessionData(std::shared_ptr<Transport> transport) : transport_(std::move(transport)) {}

  [[nodiscard]] Transport& transport() const noexcept { return *transport_; }
  [[nodiscard]] SessionState& state() noexcept { return state_; }

  // --- The transaction ---

  // Statements that the server has not seen yet: they ride with the next one, so that they cost no
  // round trip. The first is a BEGIN unless started().
  [[nodiscard]] std::vector<std::string>& prefix() noexcept { return prefix_; }
  // The server has the transaction.
  [[nodiscard]] bool started() const noexcept { return started_; }
  // The number of a transaction that was rolled back without being asked for; 0: none.
  [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
  [[nodiscard]] bool writes_refused() const noexcept { return writes_refused_; }
  void refuse_writes(bool refused) noexcept { writes_refused_ = refused; }

  void begin(TransactionMode mode);
  // The server has run the prefix.
  void set_started() noexcept;
  // A statement has opened a transaction on this stream.
  void adopt(std::shared_ptr<Stream> stream);
  // Committed or rolled back: the stream is closed in the background, cursors of it end.
  void end_transaction() noexcept;
  // Rolled back by the server, or with a lost stream.
  void lose_transaction() noexcept;
  // Of the open transaction.
  [[nodiscard]] const std::shared_ptr<Stream>& stream();
  void drop_stream() noexcept { stream_.reset(); }

  // --- What has been written ---

  // A statement that may have written has run. `index`: how far the server's log was then.
  void note_write(std::optional<std::uint64_t> index) noexcept {
    wrote_ = true;
    note_index(index);
  }
  // The same for one that may have committed what was noted before.
  void note_index(std::optional<std::uint64_t> index) noexcept {
    numbered_ = index.has_value();
    // Not the highest of all: a server that was killed may have begun a new log.
    if (index) index_ = index;
  }
  // One that has only read.
  void note_read(std::optional<std::uint64_t> index) noexcept {
    read_ = Read{index, state_.in_transaction};
  }
  struct Read {
    std::optional<std::uint64_t> index;  // how far the server's log was, if it has said so
    bool in_transaction = false;
  };
  // The latest read since the last call; nothing within a transaction.
  [[nodiscard]] std::optional<Read> take_read() noexcept {
    if (state_.in_transaction) return std::nullopt;
    return std::exchange(read_, std::nullopt);
  }
  // Where the server's log has the latest of it, if the server has said so.
  [[nodiscard]] std::optional<std::uint64_t> newest_index() const noexcept {
    return numbered_ ? index_ : std::nullopt;
  }
  // Whether something has been written and committed since the last call.
  [[nodiscard]] bool take_commit() noexcept {
    return !state_.in_transaction && std::exchange(wrote_, false);
  }

  // --- Statements and cursors ---

  [[nodiscard]] StatementId add(std::string sql) LIBSQL_EXCLUDES(statements_mutex_);
  // Thread-safe, unlike the others. Errors: unknown_statement.
  [[nodiscard]] std::string find(StatementId id) const LIBSQL_EXCLUDES(statements_mutex_);
  void close(StatementId id) LIBSQL_EXCLUDES(statements_mutex_);

  [[nodiscard]] CursorId add(std::shared_ptr<OpenCursor> cursor);
  // Errors: unknown_cursor, also for one that has ended with its transaction.
  [[nodiscard]] const std::shared_ptr<OpenCursor>& find(CursorId id);
  void close(CursorId id) noexcept;
  // The cursor that the transaction's stream is busy with; null: none.
  [[nodiscard]] const std::shared_ptr<OpenCursor>& active() const noexcept { return active_; }
  void set_active(std::shared_ptr<OpenCursor> cursor) noexcept { active_ = std::move(cursor); }

  // Null if it is not known.
  [[nodiscard]] const StatementDescription* description(std::string_view sql) const;
  void describe(std::string_view sql, StatementDescription description);
  void forget(std::string_view sql);
  // A run has given these columns: a description with others is from before a change of the schema.
  void compare(std::string_view sql, std::span<const hrana::Column> columns);
  // The schema may have changed.
  void forget_descriptions() noexcept { descriptions_.clear(); }

  // Rolls back and closes cursors; statements stay.
  void reset() noexcept;
  void close_all() noexcept;

 private:
  const std::shared_ptr<Transport> transport_;
  SessionState state_;
  std::vector<std::string> prefix_;
  bool started_ = false;
  bool writes_refused_ = false;
  bool wrote_ = false;
  bool numbered_ = false;
  std::optional<std::uint64_t> index_;
  std::optional<Read> read_;
  std::uint64_t lost_ = 0;
  std::shared_ptr<Stream> stream_;
  std::uint64_t next_id_ = 1;
  mutable core::Mutex statements_mutex_;
  std::unordered_map<std::uint64_t, std::string> statements_ LIBSQL_GUARDED_BY(statements_mutex_);
  std::unordered_map<std::uint64_t, std::shared_ptr<OpenCursor>> cursors_;
  std::shared_ptr<OpenCursor> active_;
  std::map<std::string, StatementDescription, std::less<>> descriptions_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SESSION_DATA_H_
