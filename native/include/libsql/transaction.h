// Transactions and savepoints that roll back at the end of their scope unless they are committed.
#ifndef LIBSQL_TRANSACTION_H_
#define LIBSQL_TRANSACTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/options.h"
#include "libsql/text.h"

namespace libsql {

namespace core {
class Session;
}
class Connection;
class Statement;

// A named savepoint inside a transaction. Nest as deep as you like; end in the reverse order.
//
// Threads: thread-compatible, together with its connection.
class Savepoint {
 public:
  Savepoint(Savepoint&&) noexcept;
  Savepoint& operator=(Savepoint&&) = delete;
  Savepoint(const Savepoint&) = delete;
  Savepoint& operator=(const Savepoint&) = delete;
  // Rolls back to and releases the savepoint if neither was done.
  ~Savepoint();

  // Keeps the changes. Errors: misuse if the savepoint has ended.
  void release();
  // Undoes the changes since the savepoint, which stays open, as in SQL.
  void rollback();

 private:
  friend class Transaction;
  Savepoint(std::shared_ptr<core::Session> session, std::string name);

  std::shared_ptr<core::Session> session_;
  std::string name_;
  std::uint64_t serial_ = 0;
  bool active_ = true;
};

// A transaction: commit() it, or it is rolled back when the object dies.
//
// Threads: thread-compatible, together with its connection.
class Transaction {
 public:
  Transaction(Transaction&&) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // Errors: whatever refuses the commit. The transaction is then rolled back, so that none stays
  // open.
  void commit();
  // Rolling back what SQLite has rolled back already is not an error.
  void rollback();
  // Opens a savepoint. Errors: invalid_argument unless is_identifier(name).
  [[nodiscard]] Savepoint savepoint(TextView name);
  // Still open: neither ended by us nor by SQLite (ON CONFLICT ROLLBACK, full disk).
  [[nodiscard]] bool active() const;

 private:
  friend class Connection;
  explicit Transaction(std::shared_ptr<core::Session> session);

  std::shared_ptr<core::Session> session_;
  bool active_ = true;
  std::uint64_t serial_ = 0;
};

// All or nothing: a transaction of its own, or a savepoint inside the one that is open. Rolls back
// unless it is kept.
//
// Threads: thread-compatible, together with its connection.
class AtomicScope {
 public:
  // `mode` is that of a transaction of its own; a savepoint ignores it. Errors: those of
  // Connection::begin().
  AtomicScope(Connection& connection, TransactionMode mode);
  AtomicScope(const AtomicScope&) = delete;
  AtomicScope& operator=(const AtomicScope&) = delete;
  ~AtomicScope();

  // To be called before each statement that runs inside. Errors: misuse for one that would end the
  // transaction or savepoint, so that the changes could no longer be undone: COMMIT, ROLLBACK, and
  // RELEASE or ROLLBACK TO a savepoint that was not opened inside.
  void admit(const Statement& statement);
  // Commits, or releases the savepoint. Errors: whatever refuses that; nothing is then kept.
  void keep();

 private:
  void undo() noexcept;

  std::shared_ptr<core::Session> session_;
  bool nested_;
  bool kept_ = false;
  std::uint64_t serial_ = 0;
  std::vector<std::string> savepoints_;  // Opened inside by statements; in lower case.
};

}  // namespace libsql

#endif  // LIBSQL_TRANSACTION_H_
