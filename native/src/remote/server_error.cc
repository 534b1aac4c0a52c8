#include "remote/server_error.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "core/result_code.h"

namespace libsql::remote {

namespace {

constexpr int kSqliteError = 1;
constexpr int kSqliteConstraint = 19;
constexpr std::string_view kSqlitePrefix = "SQLITE_";

struct KindOfCode {
  std::string_view code;
  ErrorKind kind;
};

// The codes that are not SQLite's. Source: specification of Hrana, and sqld.
constexpr std::array kKinds{
    KindOfCode{"ARGS_INVALID", ErrorKind::invalid_argument},
    KindOfCode{"ARGS_BOTH_POSITIONAL_AND_NAMED", ErrorKind::invalid_argument},
    KindOfCode{"SQL_NO_STATEMENT", ErrorKind::invalid_argument},
    KindOfCode{"SQL_MANY_STATEMENTS", ErrorKind::invalid_argument},
    KindOfCode{"TRANSACTION_TIMEOUT", ErrorKind::busy},
    KindOfCode{"TRANSACTION_BUSY", ErrorKind::busy},
    KindOfCode{"STREAM_EXPIRED", ErrorKind::busy},
    KindOfCode{"RESPONSE_TOO_LARGE", ErrorKind::too_big},
    KindOfCode{"BLOCKED", ErrorKind::denied},
};

struct ConstraintText {
  std::string_view begin;
  std::string_view name;  // As sqlite_code_name() has it.
};

// The words of SQLite's messages. Source: sqlite3.c, sqlite3UniqueConstraint() and its like.
constexpr std::array kConstraints{
    ConstraintText{"UNIQUE constraint failed", "constraint_unique"},
    ConstraintText{"NOT NULL constraint failed", "constraint_notnull"},
    ConstraintText{"FOREIGN KEY constraint failed", "constraint_foreignkey"},
    ConstraintText{"CHECK constraint failed", "constraint_check"},
    ConstraintText{"cannot store ", "constraint_datatype"},
};

// What sqld puts before SQLite's own message.
constexpr std::array<std::string_view, 3> kPrefixes{
    "SQLite error: ", "SQL input error: ", "SQL string could not be parsed: "};

std::string_view without_prefix(std::string_view message) {
  for (const std::string_view prefix : kPrefixes) {
    if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
  }
  return message;
}

// Cuts " (at offset 7)" off the end and returns its number, -1 if it is not there.
int take_offset(std::string_view& message) {
  constexpr std::string_view kBegin = " (at offset ";
  const std::size_t begin = message.rfind(kBegin);
  if (begin == std::string_view::npos || !message.ends_with(')')) return -1;
  int offset = -1;
  const char* const last = message.data() + message.size() - 1;
  const auto [end, error] = std::from_chars(message.data() + begin + kBegin.size(), last, offset);
  if (error != std::errc{} || end != last || offset < 0) return -1;
  message = message.substr(0, begin);
  return offset;
}

// What tursodb --sync-server answers in place of a code: what it was doing.
bool is_of_tursodb(std::string_view code) noexcept {
  return code == "PREPARE_ERROR" || code == "EXECUTE_ERROR" || code == "BATCH_STEP_ERROR";
}

// Cuts what tursodb puts before SQLite's own message, and the result code, " (19)", off its end.
// The code is 0 if there is none.
int take_code(std::string_view& message) {
  // Some messages have one twice.
  for (const std::string_view prefix :
       {"Runtime error: ", "Parse error: ", "Parse error: ", "Transaction error: "}) {
    if (message.starts_with(prefix)) message.remove_prefix(prefix.size());
  }
  const std::size_t begin = message.rfind(" (");
  if (begin == std::string_view::npos || !message.ends_with(')')) return 0;
  int code = 0;
  const char* const last = message.data() + message.size() - 1;
  const auto [end, error] = std::from_chars(message.data() + begin + 2, last, code);
  if (error != std::errc{} || end != last || code <= 0) return 0;
  message = message.substr(0, begin);
  return code;
}

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

// The result code of a name such as SQLITE_CONSTRAINT_UNIQUE; 0 for any other text. sqld calls
// SQLITE_ERROR "SQLITE_UNKNOWN".
int code_of(std::string_view name) {
  if (!name.starts_with(kSqlitePrefix)) return 0;
  name.remove_prefix(kSqlitePrefix.size());
  if (name == "UNKNOWN") return kSqliteError;
  return sqlite_code(lower(name));
}

// 0 if the message is not about a constraint.
int constraint_in(std::string_view message) {
  const auto* const found = std::ranges::find_if(
      kConstraints, [&](const ConstraintText& one) { return message.starts_with(one.begin); });
  return found == kConstraints.end() ? 0 : sqlite_code(found->name);
}

// The same, of an error which is about a constraint.
int constraint_of(std::string_view message) {
  const int code = constraint_in(message);
  return code == 0 ? kSqliteConstraint : code;
}

Error error_of_tursodb(std::string_view text) {
  int code = take_code(text);
  // It gives no number with a foreign key.
  if (code == 0) code = constraint_in(text);
  if (code == kSqliteConstraint) code = constraint_of(text);
  if (code == 0) code = kSqliteError;
  return {core::kind_of_code(code), std::string(text), code};
}

Error error_of_code(std::string_view code, const std::string& message) {
  const auto* const found = std::ranges::find(kKinds, code, &KindOfCode::code);
  if (found != kKinds.end()) {
    const Error error(found->kind, message);
    const bool lost = code == "TRANSACTION_TIMEOUT" || code == "STREAM_EXPIRED";
    return lost ? with_lost_transaction(error) : error;
  }
  if (code.starts_with("AUTH_")) return unauthorised(message);
  // Mistakes in the SQL, and everything that is not known.
  return {ErrorKind::error, message, code.starts_with("SQL_") ? kSqliteError : 0};
}

Error with_flag(const Error& error, bool Recovery::*flag) {
  Recovery recovery = error.recovery();
  recovery.*flag = true;
  return error.with_recovery(recovery);
}

}  // namespace

Error server_error(const hrana::ErrorView& error) {
  if (is_of_tursodb(error.code.value_or(std::string_view())))
    return error_of_tursodb(error.message);
  std::string_view text = without_prefix(error.message);
  const int offset = take_offset(text);
  const std::string message(text);
  const std::string_view name = error.code.value_or(std::string_view());
  int code = code_of(error.extended_code.value_or(std::string_view()));
  if (code == 0) code = code_of(name);
  if (code == kSqliteConstraint) code = constraint_of(message);
  const Error result =
      code != 0 ? Error(core::kind_of_code(code), message, code) : error_of_code(name, message);
  return offset < 0 ? result : result.with_statement("", offset);
}

Error unreachable(const std::string& message) {
  return with_flag(Error(ErrorKind::cannot_open, message), &Recovery::retryable);
}

Error unauthorised(const std::string& message) { return {ErrorKind::denied, message}; }

Error try_again(const std::string& message) { return {ErrorKind::busy, message}; }

Error with_unknown_outcome(const Error& error) {
  Recovery recovery = error.recovery();
  recovery.outcome_unknown = true;
  recovery.retryable = false;
  return error.with_recovery(recovery);
}

Error with_lost_transaction(const Error& error) {
  return with_flag(error, &Recovery::transaction_lost);
}

}  // namespace libsql::remote
