// The one error type of the library: what happened, what the caller may do next, and the native
// facts.
#ifndef LIBSQL_ERROR_H_
#define LIBSQL_ERROR_H_

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libsql/export.h"
#include "libsql/text.h"

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
  missing_parameters,     // Values are given by name, and some names have none.
  positional_parameters,  // Values are given by name, but the statement has parameters without one.
  unknown_transaction,    // The transaction that a request belongs to is not open.
  unknown_statement,      // No statement of the session has this id.
  unknown_cursor,         // No cursor has this id; one ends with the transaction it was opened in.
};

// The kind's name as written above, e.g. "constraint".
[[nodiscard]] LIBSQL_API std::string_view to_string(ErrorKind kind) noexcept;
// The kind of that name.
[[nodiscard]] LIBSQL_API std::optional<ErrorKind> error_kind(TextView name) noexcept;

// The symbolic name of an extended SQLite result code, lower case and without the prefix:
// 2067 -> "constraint_unique", 5 -> "busy". Unknown codes give the primary code's name.
// Source: sqlite.org/rescode.html
[[nodiscard]] LIBSQL_API std::string_view sqlite_code_name(int extended_code) noexcept;
// The code of a name that sqlite_code_name() gives, 0 for any other.
[[nodiscard]] LIBSQL_API int sqlite_code(TextView name) noexcept;

// What the caller of a failed call may do, and must know. The list is closed: no caller decides
// from a message.
struct Recovery {
  // The same transaction may succeed when it is run again from its beginning.
  bool retryable = false;
  // The write may have happened, or may still turn out to have happened after a crash: an I/O error
  // in a commit. Never run it again without looking.
  bool outcome_unknown = false;
  // The transaction in which the call ran, or was to run, is over, and its changes are undone.
  bool transaction_lost = false;
  // The connection is of no use any more: open another one.
  bool connection_lost = false;
  // Permission is missing: the access policy, or the server's authentication, refused.
  bool unauthorised = false;
  // The database cannot be reached: its file cannot be opened, or its server does not answer.
  bool unavailable = false;

  [[nodiscard]] bool operator==(const Recovery&) const = default;
};

// What follows from the kind and the extended code of an error alone. Whether a failed statement
// took its transaction along, and whether it was committing, only the session knows: it adds
// `transaction_lost` and `outcome_unknown` (Error::with_recovery).
[[nodiscard]] LIBSQL_API Recovery recovery_of(ErrorKind kind, int extended_code) noexcept;

// An error of the library. Copying is cheap and does not throw.
class LIBSQL_API Error : public std::exception {
 public:
  // `message` is the engine's own text, unprefixed. It never contains a bound value or a secret.
  Error(ErrorKind kind, Text message, int extended_code = 0);

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
  [[nodiscard]] Error with_statement(TextView sql, int offset = -1) const;

  // The same error with another answer to what the caller may do.
  [[nodiscard]] Error with_recovery(const Recovery& recovery) const;

  // recovery_of() its kind and code, unless the session knew more.
  [[nodiscard]] const Recovery& recovery() const noexcept;
  // No later member of a batch may run: the caller wants no more, or its transaction or connection
  // is lost.
  [[nodiscard]] bool ends_batch() const noexcept;

 private:
  struct Data;
  std::shared_ptr<const Data> data_;
};

}  // namespace libsql

#endif  // LIBSQL_ERROR_H_
