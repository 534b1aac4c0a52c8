// Transactions and savepoints that roll back at the end of their scope unless they are committed.
#ifndef LIBSQL_TRANSACTION_H_
#define LIBSQL_TRANSACTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "libsql/export.h"
#include "libsql/options.h"
#include "libsql/text.h"

namespace libsql {

namespace core {
class Session;
}
class Connection;

// A named savepoint inside a transaction. Nest as deep as you like; end in the reverse order.
//
// Threads: thread-compatible, together with its connection.
class LIBSQL_API Savepoint {
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
class LIBSQL_API Transaction {
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

}  // namespace libsql

#endif  // LIBSQL_TRANSACTION_H_
