// Errors: members, recovery, names of kinds and codes.
#include "libsql/error.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sqlite3.h>

namespace libsql {
namespace {

std::vector<ErrorKind> all_kinds() {
  std::vector<ErrorKind> kinds;
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::closed); ++kind) {
    kinds.push_back(static_cast<ErrorKind>(kind));
  }
  return kinds;
}

template <typename Question>
std::vector<std::string> kinds_where(Question question) {
  std::vector<std::string> names;
  for (const ErrorKind kind : all_kinds()) {
    if (question(Error(kind, "text"))) names.emplace_back(to_string(kind));
  }
  return names;
}

// The kinds whose recovery has that member, without a code.
std::vector<std::string> kinds_with(bool Recovery::*member) {
  return kinds_where([member](const Error& error) { return error.recovery().*member; });
}

TEST(ErrorTest, CarriesItsFacts) {
  const Error error(ErrorKind::constraint, "UNIQUE constraint failed: t.a",
                    SQLITE_CONSTRAINT_UNIQUE);
  EXPECT_EQ(error.kind(), ErrorKind::constraint);
  EXPECT_EQ(error.message(), "UNIQUE constraint failed: t.a");
  EXPECT_STREQ(error.what(), "UNIQUE constraint failed: t.a");
  EXPECT_EQ(error.extended_code(), SQLITE_CONSTRAINT_UNIQUE);
  EXPECT_EQ(error.code(), SQLITE_CONSTRAINT);
  EXPECT_EQ(error.sql_offset(), -1);
  EXPECT_EQ(error.statement(), "");
}

TEST(ErrorTest, WithStatementKeepsTheRest) {
  const Error error(ErrorKind::error, "near \"x\": syntax error", SQLITE_ERROR);
  const Error placed = error.with_statement("SELECT x x x", 9);
  EXPECT_EQ(placed.statement(), "SELECT x x x");
  EXPECT_EQ(placed.sql_offset(), 9);
  EXPECT_EQ(placed.message(), error.message());
  EXPECT_EQ(placed.kind(), error.kind());
  EXPECT_EQ(placed.extended_code(), error.extended_code());
  EXPECT_EQ(error.statement(), "");
}

TEST(ErrorTest, KindsHaveDistinctNames) {
  std::set<std::string_view> names;
  for (const ErrorKind kind : all_kinds()) names.insert(to_string(kind));
  EXPECT_EQ(names.size(), all_kinds().size());
  EXPECT_EQ(to_string(ErrorKind::not_a_database), "not_a_database");
}

TEST(ErrorTest, KindsAreFoundByTheirNames) {
  for (const ErrorKind kind : all_kinds()) EXPECT_EQ(error_kind(to_string(kind)), kind);
  EXPECT_EQ(error_kind("BUSY"), std::nullopt);
  EXPECT_EQ(error_kind(""), std::nullopt);
}

TEST(ErrorTest, TheKindDecidesWhatTheCallerMayDo) {
  using ::testing::ElementsAre;
  using ::testing::IsEmpty;
  EXPECT_THAT(kinds_with(&Recovery::retryable), ElementsAre("busy", "locked", "would_block"));
  EXPECT_THAT(kinds_with(&Recovery::outcome_unknown), IsEmpty());
  EXPECT_THAT(kinds_with(&Recovery::transaction_lost), ElementsAre("not_a_database", "closed"));
  EXPECT_THAT(kinds_with(&Recovery::connection_lost), ElementsAre("not_a_database", "closed"));
  EXPECT_THAT(kinds_with(&Recovery::unauthorised), ElementsAre("denied"));
  EXPECT_THAT(kinds_with(&Recovery::unavailable), ElementsAre("cannot_open"));
  EXPECT_THAT(kinds_where([](const Error& error) { return error.ends_batch(); }),
              ElementsAre("interrupted", "timeout", "not_a_database", "closed"));
}

TEST(ErrorTest, SomeExtendedCodesSayMoreThanTheirKind) {
  const Recovery rolled_back = recovery_of(ErrorKind::error, SQLITE_ABORT_ROLLBACK);
  EXPECT_EQ(rolled_back, (Recovery{.transaction_lost = true}));
  const Recovery moved = recovery_of(ErrorKind::read_only, SQLITE_READONLY_DBMOVED);
  EXPECT_EQ(moved, (Recovery{.transaction_lost = true, .connection_lost = true}));
  EXPECT_EQ(recovery_of(ErrorKind::read_only, SQLITE_READONLY), Recovery{});
  EXPECT_EQ(recovery_of(ErrorKind::busy, SQLITE_BUSY_SNAPSHOT), (Recovery{.retryable = true}));
}

TEST(ErrorTest, ASessionMayReplaceTheRecovery) {
  const Error error(ErrorKind::full, "database or disk is full", SQLITE_FULL);
  const Recovery lost{.transaction_lost = true};
  const Error known = error.with_recovery(lost).with_statement("INSERT", 3);
  EXPECT_EQ(known.recovery(), lost);
  EXPECT_EQ(known.statement(), "INSERT");
  EXPECT_EQ(known.kind(), ErrorKind::full);
  EXPECT_TRUE(known.ends_batch());
  EXPECT_FALSE(error.ends_batch());
}

TEST(SqliteCodeNameTest, NamesCodesAsTheHeaderDoes) {
  EXPECT_EQ(sqlite_code_name(SQLITE_OK), "ok");
  EXPECT_EQ(sqlite_code_name(SQLITE_BUSY), "busy");
  EXPECT_EQ(sqlite_code_name(SQLITE_BUSY_SNAPSHOT), "busy_snapshot");
  EXPECT_EQ(sqlite_code_name(SQLITE_CONSTRAINT_UNIQUE), "constraint_unique");
  EXPECT_EQ(sqlite_code_name(SQLITE_CONSTRAINT_DATATYPE), "constraint_datatype");
  EXPECT_EQ(sqlite_code_name(SQLITE_CONSTRAINT_PRIMARYKEY), "constraint_primarykey");
  EXPECT_EQ(sqlite_code_name(SQLITE_CONSTRAINT_FOREIGNKEY), "constraint_foreignkey");
  EXPECT_EQ(sqlite_code_name(SQLITE_IOERR_CORRUPTFS), "ioerr_corruptfs");
  EXPECT_EQ(sqlite_code_name(SQLITE_IOERR_SHORT_READ), "ioerr_short_read");
  EXPECT_EQ(sqlite_code_name(SQLITE_CANTOPEN_SYMLINK), "cantopen_symlink");
  EXPECT_EQ(sqlite_code_name(SQLITE_READONLY_DBMOVED), "readonly_dbmoved");
  EXPECT_EQ(sqlite_code_name(SQLITE_ERROR_SNAPSHOT), "error_snapshot");
  EXPECT_EQ(sqlite_code_name(SQLITE_NOTADB), "notadb");
  EXPECT_EQ(sqlite_code_name(SQLITE_DONE), "done");
}

TEST(SqliteCodeNameTest, CodesAreFoundByTheirNames) {
  for (const int code : {SQLITE_BUSY, SQLITE_BUSY_SNAPSHOT, SQLITE_READONLY_DBMOVED}) {
    EXPECT_EQ(sqlite_code(sqlite_code_name(code)), code);
  }
  EXPECT_EQ(sqlite_code("no_such_code"), 0);
}

TEST(SqliteCodeNameTest, FallsBackToThePrimaryCode) {
  EXPECT_EQ(sqlite_code_name(SQLITE_BUSY | (200 << 8)), "busy");
  EXPECT_EQ(sqlite_code_name(250), "error");
  EXPECT_EQ(sqlite_code_name(-1), "error");
}

}  // namespace
}  // namespace libsql
