// A statement that a virtual table runs on the connection that runs the table.
#ifndef LIBSQL_VECTOR_SQLITE_STATEMENT_H_
#define LIBSQL_VECTOR_SQLITE_STATEMENT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "vector/failure.h"

namespace libsql::vector {

// SQLite refused or stopped a statement: its code and message pass through.
class SqliteFailure : public Failure {
 public:
  SqliteFailure(int code, const char* message) : Failure(message), code_(code) {}
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int code_;
};

// Finalised at its end. Values of a row are SQLite's, and valid until the next step.
class SqliteStatement {
 public:
  // Throws SqliteFailure.
  SqliteStatement(sqlite3* db, const std::string& sql);
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() { sqlite3_finalize(statement_); }

  // `text` must outlive the statement.
  void bind(int index, std::string_view text);
  void bind(int index, sqlite3_value* value);
  void bind(int index, std::int64_t value);
  void bind(int index, double value);
  // `blob` must outlive the run.
  void bind_blob(int index, std::string_view blob);
  // False at the end. Throws SqliteFailure.
  [[nodiscard]] bool step();
  // Ends a run, well or not, so that another can begin; what is bound stays.
  void reset() noexcept { sqlite3_reset(statement_); }
  [[nodiscard]] sqlite3_stmt* get() const noexcept { return statement_; }
  // A column as a blob, where it lies; empty if NULL.
  [[nodiscard]] std::string_view blob(int column) const;
  // A column as text, empty if NULL.
  [[nodiscard]] std::string text(int column) const;

 private:
  void check(int code) const;

  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
};

// Resets a statement at the end of a scope.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(SqliteStatement& statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() { statement_.reset(); }

 private:
  SqliteStatement& statement_;
};

// Runs a statement to its end. Throws SqliteFailure.
void execute(sqlite3* db, const std::string& sql);

// What the numbers are in memory, to be bound as a blob.
[[nodiscard]] inline std::string_view bytes_of(std::span<const float> numbers) noexcept {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
}

// "name", with its quotes doubled.
[[nodiscard]] std::string quoted_name(std::string_view name);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_SQLITE_STATEMENT_H_
