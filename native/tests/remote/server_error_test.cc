#include "remote/server_error.h"

#include <gtest/gtest.h>

namespace libsql::remote {
namespace {

Error error_of(std::string_view code, std::string_view message,
               hrana::OptionalText extended_code = {}) {
  return server_error({message, code, extended_code});
}

TEST(ServerErrorTest, TakesKindAndCodeFromTheNamesOfSqlite) {
  const Error busy = error_of("SQLITE_BUSY", "database is locked");
  EXPECT_EQ(busy.kind(), ErrorKind::busy);
  EXPECT_EQ(busy.extended_code(), 5);
  EXPECT_TRUE(busy.recovery().retryable);
  EXPECT_EQ(error_of("SQLITE_UNKNOWN", "cannot commit").extended_code(), 1);
  EXPECT_EQ(error_of("SQLITE_READONLY", "readonly").kind(), ErrorKind::read_only);
  EXPECT_EQ(error_of("SQLITE_NONSENSE", "?").kind(), ErrorKind::error);
}

TEST(ServerErrorTest, PrefersTheExtendedCode) {
  const Error error =
      error_of("SQLITE_CONSTRAINT", "any words", hrana::OptionalText("SQLITE_CONSTRAINT_TRIGGER"));
  EXPECT_EQ(error.kind(), ErrorKind::constraint);
  EXPECT_EQ(error.extended_code(), 1811);
}

TEST(ServerErrorTest, FindsTheConstraintWhereTheServerNamesItInItsMessageOnly) {
  const auto code = [](std::string_view message) {
    return error_of("SQLITE_CONSTRAINT", message).extended_code();
  };
  EXPECT_EQ(code("SQLite error: UNIQUE constraint failed: t.a"), 2067);
  EXPECT_EQ(code("NOT NULL constraint failed: t.a"), 1299);
  EXPECT_EQ(code("FOREIGN KEY constraint failed"), 787);
  EXPECT_EQ(code("CHECK constraint failed: positive"), 275);
  EXPECT_EQ(code("cannot store TEXT value in INTEGER column t.a"), 3091);
  EXPECT_EQ(code("something else"), 19);
}

TEST(ServerErrorTest, FindsTheResultCodeOfTursodbAtTheEndOfItsMessage) {
  const Error unique =
      error_of("EXECUTE_ERROR", "Runtime error: UNIQUE constraint failed: t.a (19)");
  EXPECT_EQ(unique.kind(), ErrorKind::constraint);
  EXPECT_EQ(unique.extended_code(), 2067);
  EXPECT_EQ(unique.message(), "UNIQUE constraint failed: t.a");
  const Error key = error_of("BATCH_STEP_ERROR", "Runtime error: FOREIGN KEY constraint failed");
  EXPECT_EQ(key.extended_code(), 787);
  const Error table = error_of("PREPARE_ERROR", "Parse error: no such table: t (x)");
  EXPECT_EQ(table.extended_code(), 1);
  EXPECT_EQ(table.message(), "no such table: t (x)");
  EXPECT_EQ(error_of("PREPARE_ERROR", "Parse error: Parse error: no").message(), "no");
  EXPECT_EQ(error_of("EXECUTE_ERROR", "odd (99999999999)").message(), "odd (99999999999)");
}

TEST(ServerErrorTest, GivesSqlitesOwnWordsAndTheOffset) {
  const Error error =
      error_of("SQL_INPUT_ERROR", "SQL input error: no such column: nope (at offset 7)");
  EXPECT_EQ(error.message(), "no such column: nope");
  EXPECT_EQ(error.sql_offset(), 7);
  EXPECT_EQ(error.extended_code(), 1);
  EXPECT_EQ(error_of("SQL_INPUT_ERROR", "odd (at offset x)").message(), "odd (at offset x)");
}

TEST(ServerErrorTest, KnowsTheCodesOfTheProtocol) {
  EXPECT_EQ(error_of("ARGS_INVALID", "m").kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(error_of("RESPONSE_TOO_LARGE", "m").kind(), ErrorKind::too_big);
  EXPECT_EQ(error_of("BLOCKED", "m").kind(), ErrorKind::denied);
  EXPECT_TRUE(error_of("AUTH_JWT_EXPIRED", "m").recovery().unauthorised);
  EXPECT_EQ(error_of("FUTURE_CODE", "m").kind(), ErrorKind::error);
  EXPECT_EQ(server_error({"m", {}, {}}).kind(), ErrorKind::error);
  const Recovery lost = error_of("TRANSACTION_TIMEOUT", "m").recovery();
  EXPECT_TRUE(lost.transaction_lost);
  EXPECT_TRUE(lost.retryable);
}

}  // namespace
}  // namespace libsql::remote
