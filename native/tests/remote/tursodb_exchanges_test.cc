// What `tursodb --sync-server` answers (fixtures/tursodb, of npm turso 0.6.0): the one connection
// of all its clients, without streams.
#include <string>

#include <gtest/gtest.h>

#include "libsql/batch.h"
#include "testing/query.h"
#include "testing/request_trace.h"
#include "tests/remote/recorded_exchanges.h"

namespace libsql::remote {
namespace {

using testing::query;
using testing::RequestTrace;

class TursodbExchangesTest : public RecordedExchanges {
 protected:
  TursodbExchangesTest() : RecordedExchanges("tursodb") {}
};

TEST_F(TursodbExchangesTest, ValuesOfEveryType) {
  Connection db = connect("values");
  EXPECT_EQ(execute(db, "SELECT 9223372036854775807 AS big, 1.5, 'a\"b', x'00ff', NULL"),
            "columns big 1.5 'a\"b' 0ff' NULL\n"
            "row 9223372036854775807|1.5|'a\"b'|X'00ff'|NULL\ndone 0 1\nok");
}

TEST_F(TursodbExchangesTest, ErrorsHaveTheirKinds) {
  Connection db = connect("errors");
  EXPECT_EQ(execute(db, "CREATE TABLE t(a INTEGER PRIMARY KEY, b NOT NULL, c CHECK (c > 0))"),
            "done 4 0\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1, 1, 1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1, 1, 1)"), "error constraint 2067");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (2, NULL, 1)"), "error constraint 1299");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (3, 1, 0)"), "error constraint 275");
  EXPECT_EQ(execute(db, "SELECT nope FROM t"), "error error 1");
  EXPECT_EQ(execute(db, "SELEC 1"), "error error 1");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(TursodbExchangesTest, ChangesAndRowidsAreCounted) {
  Connection db = connect("changes");
  execute(db, "CREATE TABLE t(a)");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1), (2)"), "done 1 2\nok");
  EXPECT_EQ(db.last_insert_rowid(), 2);
  EXPECT_EQ(execute(db, "UPDATE t SET a = 3 WHERE a > 5"), "done 2 0\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (3) RETURNING a"), "columns a\nrow 3\ndone 1 1\nok");
  EXPECT_EQ(execute(db, "DELETE FROM t"), "done 3 3\nok");
  execute(db, "DROP TABLE t");
}

TEST_F(TursodbExchangesTest, ParametersAreBoundByNameAndByPosition) {
  Connection db = connect("parameters");
  EXPECT_EQ(query(db, "SELECT ?2, ?1", {1, "x"}), "'x'|1");
  EXPECT_EQ(query(db, "SELECT :b, :a, :b", {1, 2}), "1|2|1");
}

TEST_F(TursodbExchangesTest, AnAtomicBatchKeepsAllOrNothing) {
  Connection db = connect("atomic");
  execute(db, "CREATE TABLE t(a UNIQUE)");
  static_cast<void>(
      db.run(Batch().add("INSERT INTO t VALUES (1)").add("INSERT INTO t VALUES (2)")));
  EXPECT_THROW(static_cast<void>(
                   db.run(Batch().add("INSERT INTO t VALUES (3)").add("INSERT INTO t VALUES (1)"))),
               Error);
  EXPECT_EQ(query(db, "SELECT a FROM t"), "1\n2");
  execute(db, "DROP TABLE t");
}

TEST_F(TursodbExchangesTest, ACursorGivesItsRows) {
  Connection db = connect("cursor");
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{"VALUES (1), (2), (3)"}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Fetch{opened.cursor, 2}),
            "columns column1\nrow 1\nrow 2\nportion 2\nok");
}

TEST_F(TursodbExchangesTest, ATransactionOfSeveralRequestsIsRefusedBeforeAnythingRuns) {
  Connection db = connect("transaction");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "SELECT 1"), "error unsupported lost");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(RequestTrace::of(db, request::Begin{TransactionMode::immediate}), "error unsupported");
  EXPECT_EQ(execute(db, "BEGIN"), "error unsupported");
  EXPECT_EQ(execute(db, "SELECT 1 AS a"), "columns a\nrow 1\ndone 0 1\nok");
}

TEST_F(TursodbExchangesTest, AStatementIsPreparedWithoutADescription) {
  Connection db = connect("prepared");
  EXPECT_EQ(RequestTrace::of(db, request::Prepare{"SELECT :a AS a"}), "prepared\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Describe{std::string_view("SELECT 1")}),
            "error unsupported");
}

}  // namespace
}  // namespace libsql::remote
