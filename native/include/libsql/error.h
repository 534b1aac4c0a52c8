// The one error type of the library: what happened, what a caller can do about it, and the native
// facts.
#ifndef LIBSQL_ERROR_H_
#define LIBSQL_ERROR_H_

#include <exception>
#include <memory>
#include <string>
#include <string_view>

namespace libsql {

// What went wrong, named for what the caller can do about it.
enum class ErrorKind {
  error,             // The SQL or a value is wrong; change the statement.
  invalid_argument,  // The call is wrong: an index, a count, a name, a size. Change the call.
  misuse,            // The call came at the wrong time, e.g. COMMIT without a transaction.
  constraint,        // A constraint refused the row; nothing of the statement was kept.
  busy,              // Another connection holds the lock; try the transaction again.
  locked,            // A table is locked inside this connection or a shared cache.
  read_only,         // The database, file or transaction does not allow writing.
  denied,            // The access policy refused the statement.
  interrupted,       // Connection::interrupt() or the caller's death stopped the statement.
  timeout,           // The deadline passed; the statement was stopped.
  would_block,     // The work budget is spent or the write lock is not free; repeat without budget.
  cannot_open,     // The file cannot be opened or created; check path and permissions.
  not_a_database,  // The file is no SQLite database, or it is encrypted.
  corrupt,         // The database is damaged; restore a backup.
  full,            // Disk or size limit reached; free space.
  io,              // The operating system reported an I/O error.
  too_big,         // A value or a statement exceeds SQLite's limits.
  out_of_memory,   // Memory could not be allocated.
  unsupported,     // This build or this kind of session does not offer the feature.
  closed,          // The connection is closed.
};

// The kind's name as written above, e.g. "constraint".
[[nodiscard]] std::string_view to_string(ErrorKind kind) noexcept;

// The symbolic name of an extended SQLite result code, lower case and without the prefix:
// 2067 -> "constraint_unique", 5 -> "busy". Unknown codes give the primary code's name.
// Source: sqlite.org/rescode.html
[[nodiscard]] std::string_view sqlite_code_name(int extended_code) noexcept;

// An error of the library. Copying is cheap and does not throw.
class Error : public std::exception {
 public:
  // `message` is the engine's own text, unprefixed. It never contains a bound value or a secret.
  Error(ErrorKind kind, std::string message, int extended_code = 0);

  [[nodiscard]] const char* what() const noexcept override;

  [[nodiscard]] ErrorKind kind() const noexcept;
  [[nodiscard]] const std::string& message() const noexcept;
  // The extended SQLite result code (sqlite.org/rescode.html), 0 where the error is the library's
  // own.
  [[nodiscard]] int extended_code() const noexcept;
  // The primary SQLite result code: extended_code() & 0xff.
  [[nodiscard]] int code() const noexcept;
  // Byte offset of the mistake in the SQL text, -1 where unknown.
  [[nodiscard]] int sql_offset() const noexcept;
  // The SQL text without bound values; empty where no statement was involved.
  [[nodiscard]] const std::string& statement() const noexcept;

  // The same error with the statement and the offset filled in.
  [[nodiscard]] Error with_statement(std::string_view sql, int offset = -1) const;

  // The same transaction may succeed when it is tried again.
  [[nodiscard]] bool retryable() const noexcept;
  // SQLite has, or may have, rolled the open transaction back.
  [[nodiscard]] bool poisons_transaction() const noexcept;
  // The connection must not be used any more.
  [[nodiscard]] bool poisons_connection() const noexcept;
  // No later member of a batch can succeed, or the caller wants none to.
  [[nodiscard]] bool ends_batch() const noexcept;

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
};

}  // namespace libsql

#endif  // LIBSQL_ERROR_H_
