#include "server/failures.h"

#include <algorithm>
#include <string_view>

namespace libsql::server {
namespace {

constexpr int kSqliteError = 1;

std::string symbol(int extended_code) {
  std::string name = "SQLITE_";
  for (const char letter : sqlite_code_name(extended_code)) {
    name += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
  }
  return name;
}

// The codes of errors that the library makes itself, without SQLite.
std::string_view own_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::busy:
    case ErrorKind::would_block:
      return "SQLITE_BUSY";
    case ErrorKind::locked:
      return "SQLITE_LOCKED";
    case ErrorKind::read_only:
      return "SQLITE_READONLY";
    case ErrorKind::denied:
      return "SQL_PARSE_ERROR";
    case ErrorKind::interrupted:
    case ErrorKind::timeout:
      return "SQLITE_INTERRUPT";
    case ErrorKind::cannot_open:
      return "SQLITE_CANTOPEN";
    case ErrorKind::not_a_database:
      return "SQLITE_NOTADB";
    case ErrorKind::corrupt:
      return "SQLITE_CORRUPT";
    case ErrorKind::full:
      return "SQLITE_FULL";
    case ErrorKind::io:
      return "SQLITE_IOERR";
    case ErrorKind::too_big:
      return "SQLITE_TOOBIG";
    case ErrorKind::out_of_memory:
      return "SQLITE_NOMEM";
    case ErrorKind::constraint:
      return "SQLITE_CONSTRAINT";
    case ErrorKind::misuse:
    case ErrorKind::closed:
      return "SQLITE_MISUSE";
    case ErrorKind::invalid_argument:
    case ErrorKind::missing_parameters:
    case ErrorKind::positional_parameters:
      return "ARGS_INVALID";
    case ErrorKind::error:
    case ErrorKind::unsupported:
    case ErrorKind::unknown_transaction:
    case ErrorKind::unknown_statement:
    case ErrorKind::unknown_cursor:
      return "SQLITE_UNKNOWN";
  }
  return "SQLITE_UNKNOWN";
}

}  // namespace

SqlError unsupported_statement() {
  return {"SQL_PARSE_ERROR",
          "SQL string could not be parsed: unsupported statement: this server refuses ATTACH, "
          "VACUUM, extensions, and settings that concern other clients"};
}

hrana::ErrorView SqlError::view() const noexcept {
  hrana::ErrorView view{message_, code_, {}};
  if (extended_code_) view.extended_code = *extended_code_;
  return view;
}

SqlError sql_error(const Error& error) {
  if (error.kind() == ErrorKind::denied) return unsupported_statement();
  if (error.code() == kSqliteError && error.sql_offset() >= 0) {
    return {"SQL_INPUT_ERROR", "SQL input error: " + error.message() + " (at offset " +
                                   std::to_string(error.sql_offset()) + ")"};
  }
  const std::string message = "SQLite error: " + error.message();
  if (error.extended_code() == 0) return {std::string(own_code(error.kind())), message};
  if (error.code() == kSqliteError) return {"SQLITE_UNKNOWN", message};
  return {symbol(error.code()), message, symbol(error.extended_code())};
}

}  // namespace libsql::server
