#include "vector/sqlite_statement.h"

#include <new>

namespace libsql::vector {

SqliteStatement::SqliteStatement(sqlite3* db, const std::string& sql) : db_(db) {
  check(sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement_, nullptr));
}

void SqliteStatement::bind(int index, std::string_view text) {
  check(
      sqlite3_bind_text64(statement_, index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteStatement::bind(int index, sqlite3_value* value) {
  check(sqlite3_bind_value(statement_, index, value));
}

void SqliteStatement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_, index, value));
}

void SqliteStatement::bind(int index, double value) {
  check(sqlite3_bind_double(statement_, index, value));
}

void SqliteStatement::bind_blob(int index, std::string_view blob) {
  check(sqlite3_bind_blob64(statement_, index, blob.data(), blob.size(), SQLITE_STATIC));
}

bool SqliteStatement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) check(code);
  return false;
}

std::string_view SqliteStatement::blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  if (bytes == nullptr) return {};
  return {static_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::string SqliteStatement::text(int column) const {
  const unsigned char* const bytes = sqlite3_column_text(statement_, column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

void SqliteStatement::check(int code) const {
  if (code == SQLITE_NOMEM) throw std::bad_alloc();
  if (code != SQLITE_OK) throw SqliteFailure(code, sqlite3_errmsg(db_));
}

void execute(sqlite3* db, const std::string& sql) {
  SqliteStatement statement(db, sql);
  while (statement.step()) {
  }
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char each : name) {
    if (each == '"') quoted += '"';
    quoted += each;
  }
  return quoted + '"';
}

}  // namespace libsql::vector
