// What is asked of a connection in one call: a statement, a batch, a portion of a cursor, a step of
// a transaction. Connection::start() takes it, a Receiver (receiver.h) gets the answer.
//
// Everything here is borrowed: texts, values and the objects behind pointers must live until
// start() returns. A local session binds them in place, a remote one encodes them there.
#ifndef LIBSQL_REQUEST_H_
#define LIBSQL_REQUEST_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "libsql/export.h"
#include "libsql/options.h"
#include "libsql/value.h"

namespace libsql {

class Listening;

// Names of what a session keeps between two calls. They are never used again for something else.
enum class StatementId : std::uint64_t {};
enum class CursorId : std::uint64_t {};

// The values for a statement's parameters, decoded when they are needed. What a call throws ends
// the command and becomes its error.
class LIBSQL_API Parameters {
 public:
  Parameters() = default;
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;
  virtual ~Parameters() = default;

  // Whether values are found by name; otherwise they are given by position.
  [[nodiscard]] virtual bool by_name() const = 0;
  // By position: all values. Valid until the next call.
  [[nodiscard]] virtual std::span<const ValueView> values() = 0;
  // By position: how many there are, before any is decoded. Counting may stop beyond `most`.
  [[nodiscard]] virtual std::size_t count(std::size_t /*most*/) { return values().size(); }
  // By name: the value of `name`, which has its prefix. False if there is none.
  [[nodiscard]] virtual bool find(std::string_view name, ValueView& value) = 0;
};

// Values by position.
class LIBSQL_API PositionalParameters final : public Parameters {
 public:
  explicit PositionalParameters(std::span<const ValueView> values = {}) noexcept
      : values_(values) {}
  void set(std::span<const ValueView> values) noexcept { values_ = values; }
  [[nodiscard]] bool by_name() const override { return false; }
  [[nodiscard]] std::span<const ValueView> values() override { return values_; }
  [[nodiscard]] bool find(std::string_view /*name*/, ValueView& /*value*/) override {
    return false;
  }

 private:
  std::span<const ValueView> values_;
};

// A statement and the values for one execution of it.
struct Command {
  // SQL text, or a statement that Prepare has made.
  std::variant<std::string_view, StatementId> statement;
  Parameters* parameters = nullptr;  // None: the statement takes none.
  // A text is taken from the cache of compiled statements, and goes there.
  bool cache = true;
};

// The members of a batch, one after the other.
class LIBSQL_API Commands {
 public:
  Commands() = default;
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;
  virtual ~Commands() = default;

  // Goes back to the first member.
  virtual void rewind() = 0;
  // Sets `command` to the next member, whose values live until the next call. False at the end.
  // What it throws is the member's error, and the next call goes on behind it.
  [[nodiscard]] virtual bool next(Command& command) = 0;
};

// What to do when a member of a batch fails.
enum class OnError {
  proceed,   // Run the others; each failure is reported in its place. An interrupt, a deadline or
             // the loss of the transaction ends the batch.
  halt,      // Stop at the first failure; the members before it have run.
  rollback,  // All or nothing: a transaction, or a savepoint inside an open one.
};

enum class SavepointOp : std::uint8_t { open, release, rollback_to };
enum class WriteRule : std::uint8_t { refuse, allow };

namespace request {

// Answer: columns, rows, done. A text with several statements: has_more_statements, nothing has
// run.
struct Execute {
  Command command;
};
// Answer: for each member that has run an Execute's answer, or failed.
struct Batch {
  Commands& members;
  OnError on_error = OnError::rollback;
};
// Every statement of a text. Answer: that of an Execute for each. The first failure ends it.
struct Script {
  std::string_view sql;
  bool atomic = false;  // As OnError::rollback.
};
// Compiles a text into the cache, to check it. Answer: nothing, or has_more_statements.
struct Check {
  std::string_view sql;
};
struct Uncache {
  std::string_view sql;
};
// Answer: prepared.
struct Prepare {
  std::string_view sql;
};
// Answer: described.
struct Describe {
  std::variant<std::string_view, StatementId> statement;
};
// Answer: counters.
struct Count {
  StatementId statement;
};
// Ends its execution and clears its values.
struct ResetStatement {
  StatementId statement;
};
struct CloseStatement {
  StatementId statement;
};
// A query that is read in portions. It ends with the transaction that is open now, if one is.
// Values are copied. Answer: opened.
struct OpenCursor {
  Command command;
};
// Answer: columns, at most `max_rows` rows, portion.
struct Fetch {
  CursorId cursor;
  std::size_t max_rows;
};
struct CloseCursor {
  CursorId cursor;
};
// Errors: misuse within a transaction.
struct Begin {
  TransactionMode mode = TransactionMode::deferred;
};
// Errors: misuse without a transaction. One that is refused is rolled back.
struct Commit {};
// Answer: done, whose count is 0 if no transaction was open.
struct Rollback {};
// Errors: invalid_argument unless is_identifier(name), misuse outside a transaction.
struct Savepoint {
  SavepointOp operation;
  std::string_view name;
};
// Forbids writes until `allow` or the end of the transaction. Errors: misuse outside a transaction.
struct Writes {
  WriteRule rule;
};
// Rolls back, closes cursors, resets statements.
struct Reset {};
// Sends `listening` what commits change in a table of a server's database, from the answer until
// the listening stops. Errors: unsupported for a local database, and if the server does not offer
// it.
struct Listen {
  std::string_view table;
  std::shared_ptr<Listening> listening;
};
// Nothing but the state that is reported, and the check of Limits::transaction.
struct Status {};

}  // namespace request

using Request = std::variant<request::Execute, request::Batch, request::Script, request::Check,
                             request::Uncache, request::Prepare, request::Describe, request::Count,
                             request::ResetStatement, request::CloseStatement, request::OpenCursor,
                             request::Fetch, request::CloseCursor, request::Begin, request::Commit,
                             request::Rollback, request::Savepoint, request::Writes, request::Reset,
                             request::Listen, request::Status>;

// Within what a request may run.
struct Limits {
  // It ends with ErrorKind::timeout beyond this instant.
  std::optional<std::chrono::steady_clock::time_point> deadline;
  // For a caller that must not block. Only what is bounded by its program runs, and only for this
  // long; anything else is answered by Started::would_block, and nothing has changed.
  std::optional<std::chrono::microseconds> budget;
  // The transaction that the request belongs to (SessionState::transaction). If another one is open
  // now, or none, nothing runs. Errors: unknown_transaction; misuse when SQLite has rolled it back.
  std::optional<std::uint64_t> transaction;
  // Wait for the write lock in the queue (Started::queued), not within start().
  bool queue = false;
};

// What start() says about a request.
enum class Started {
  finished,  // The receiver has the whole answer.
  pending,   // The answer comes later, to what Receiver::detach() has returned.
  queued,    // Another connection writes. Nothing has run; start it again when the turn has come.
  would_block,  // Nothing has run; start it again on a thread that may block, without a budget.
};

// What is true of a session after a request.
struct SessionState {
  bool in_transaction = false;
  // The number of the open transaction, or of the latest one; each has one of its own.
  std::uint64_t transaction = 0;
  std::int64_t changes = 0;
  std::int64_t total_changes = 0;
  std::int64_t last_insert_rowid = 0;
};

}  // namespace libsql

#endif  // LIBSQL_REQUEST_H_
