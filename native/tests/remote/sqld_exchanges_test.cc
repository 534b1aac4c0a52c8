// What sqld answers (fixtures/sqld, of libsql commit f8fb14f).
#include <chrono>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "testing/request_trace.h"
#include "tests/remote/recorded_exchanges.h"

namespace libsql::remote {
namespace {

using testing::RequestTrace;

class SqldExchangesTest : public RecordedExchanges {
 protected:
  SqldExchangesTest() : RecordedExchanges("sqld") {}

  // Until an idle stream of sqld has expired; a recorded one has.
  static void wait_for_expiry() {
    if (recorder() == nullptr) return;
    std::this_thread::sleep_for(std::chrono::seconds(13));
  }
};

TEST_F(SqldExchangesTest, ValuesOfEveryType) {
  Connection db = connect("values");
  EXPECT_EQ(execute(db, "SELECT 9223372036854775807 AS big, 1.5, 'a\"b', x'00ff', NULL"),
            "columns big 1.5 'a\"b' x'00ff' NULL\n"
            "row 9223372036854775807|1.5|'a\"b'|X'00ff'|NULL\ndone 0 1\nok");
}

TEST_F(SqldExchangesTest, ErrorsHaveTheirKinds) {
  Connection db = connect("errors");
  EXPECT_EQ(execute(db, "CREATE TABLE t(a UNIQUE)"), "done 4 0\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "error constraint 2067");
  EXPECT_EQ(execute(db, "SELECT nope FROM t"), "error error 1");
  EXPECT_EQ(execute(db, "SELEC 1"), "error error 1");
  EXPECT_EQ(execute(db, "COMMIT"), "error error 1");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, ATransactionCommits) {
  Connection db = connect("transaction");
  execute(db, "CREATE TABLE t(a)");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "SELECT a FROM t"), "columns a\nrow 1\ndone 0 1\nok");
  db.commit();
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, AStatementThatRollsBackLosesItsTransaction) {
  Connection db = connect("rolled_back");
  execute(db, "CREATE TABLE t(a UNIQUE)");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "INSERT OR ROLLBACK INTO t VALUES (1)"), "error constraint 2067 lost");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, AStreamThatExpiredIsALostTransaction) {
  Connection db = connect("expired");
  execute(db, "CREATE TABLE t(a)");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  wait_for_expiry();
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (2)"), "error busy lost retryable");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, ACursorGivesItsRowsAndOneThatCannotBeParsedAnError) {
  Connection db = connect("cursor");
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{"VALUES (1), (2), (3)"}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Fetch{opened.cursor, 10}),
            "columns column1\nrow 1\nrow 2\nrow 3\nportion 3 last\nok");
  EXPECT_EQ(RequestTrace::of(db, request::OpenCursor{{"SELEC 1"}}), "error error unknown");
}

TEST_F(SqldExchangesTest, ADescriptionNamesColumnsAndParameters) {
  Connection db = connect("describe");
  execute(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  EXPECT_EQ(
      RequestTrace::of(db, request::Describe{std::string_view("SELECT id, a FROM t WHERE a = :a")}),
      "described id:INTEGER a:- <:a>\nok");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

}  // namespace
}  // namespace libsql::remote
