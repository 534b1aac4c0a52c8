// Statements and batches, over a local file and over servers.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "testing/matchers.h"
#include "tests/remote/conformance.h"

namespace libsql {
namespace {

using testing::RequestTrace;
using testing::throws_error;

INSTANTIATE_TEST_SUITE_P(Over, Conformance, ::testing::ValuesIn(ways()),
                         [](const auto& one) { return name_of(one.param); });

TEST_P(Conformance, AQueryGivesColumnsAndRowsOfEveryType) {
  EXPECT_EQ(trace(request::Execute{{"SELECT 1 AS i, 2.5 AS f, 'te''xt' AS t, x'00ff' AS b, NULL AS "
                                    "n, -9223372036854775808 AS m"}}),
            "columns i f t b n m\nrow 1|2.5|'te''xt'|X'00ff'|NULL|-9223372036854775808\n"
            "done 0 1\nok");
}

TEST_P(Conformance, TheVersionOfTheProtocolIsKnownOnceTheServerHasAnswered) {
  EXPECT_EQ(Database(":memory:").connect().protocol_version(), std::nullopt);
  EXPECT_EQ(db.protocol_version(), is_local() ? std::nullopt : std::optional(3));
}

TEST_P(Conformance, AWriteCountsItsRows) {
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES ('x'), ('y')"}}), "done 1 2\nok");
  EXPECT_EQ(db.state().changes, 2);
  EXPECT_EQ(db.state().last_insert_rowid, 2);
  EXPECT_EQ(db.state().total_changes, 2);
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES ('z') RETURNING id, a"}}),
            "columns id a\nrow 3|'z'\ndone 1 1\nok");
  EXPECT_EQ(trace(request::Execute{{"UPDATE t SET a = a || '!' WHERE id > 1"}}), "done 2 2\nok");
}

TEST_P(Conformance, AQueryWithoutRowsHasColumns) {
  EXPECT_EQ(trace(request::Execute{{"SELECT a FROM t"}}), "columns a\ndone 0 0\nok");
}

TEST_P(Conformance, ErrorsHaveTheirKindAndCode) {
  db.execute("INSERT INTO t(a) VALUES ('x')");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES ('x')"}}), "error constraint 2067");
  EXPECT_EQ(trace(request::Execute{{"SELECT * FROM missing"}}), "error error 1");
  EXPECT_EQ(trace(request::Execute{{"SELEC 1"}}), "error error 1");
  RequestTrace failed;
  failed.start(db, request::Execute{{"SELECT nope FROM t"}});
  static_cast<void>(failed.wait());
  EXPECT_EQ(failed.error.value().message(), "no such column: nope");
  EXPECT_EQ(failed.error.value().statement(), "SELECT nope FROM t");
}

TEST_P(Conformance, ATextWithoutOneStatementIsNotRun) {
  EXPECT_EQ(trace(request::Execute{{" -- nothing\n"}}), "done 14 0\nok");
  EXPECT_EQ(trace(request::Execute{{"INSERT INTO t(a) VALUES (1); SELECT 1"}}),
            "more statements\nok");
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, ParametersAreMatchedByPositionAndByName) {
  const ValueView two[] = {1, "b"};
  PositionalParameters values(two);
  EXPECT_EQ(trace(request::Execute{{"SELECT ?, ?", &values}}),
            "columns ? ?\nrow 1|'b'\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT ?2 AS x, ?1 AS y", &values}}),
            "columns x y\nrow 'b'|1\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT :b AS x, @a AS y, :b AS z", &values}}),
            "columns x y z\nrow 1|'b'|1\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT ?", &values}}), "error invalid_argument");
  EXPECT_EQ(trace(request::Execute{{"SELECT ?"}}), "error invalid_argument");
}

class Named final : public Parameters {
 public:
  [[nodiscard]] bool by_name() const override { return true; }
  [[nodiscard]] std::span<const ValueView> values() override { return {}; }
  [[nodiscard]] bool find(std::string_view name, ValueView& value) override {
    if (name != ":a" && name != "$b") return false;
    value = name == ":a" ? ValueView(1) : ValueView("two");
    return true;
  }
};

TEST_P(Conformance, ValuesAreFoundByName) {
  Named values;
  EXPECT_EQ(trace(request::Execute{{"SELECT $b AS x, :a AS y", &values}}),
            "columns x y\nrow 'two'|1\ndone 0 1\nok");
  EXPECT_EQ(trace(request::Execute{{"SELECT :a, :c", &values}}), "error missing_parameters");
  EXPECT_EQ(trace(request::Execute{{"SELECT :a, ?", &values}}), "error positional_parameters");
}

// A server's description was kept for ever.
TEST_P(Conformance, ADescriptionFollowsAnothersChangeOfTheSchemaOnceTheStatementHasRun) {
  RequestTrace prepared;
  prepared.start(db, request::Prepare{"SELECT * FROM t"});
  ASSERT_EQ(prepared.wait(), "prepared\nok");
  EXPECT_EQ(trace(request::Describe{prepared.statement}), "described id:INTEGER a:-\nok");
  Statement statement = db.prepare("SELECT * FROM t");
  EXPECT_EQ(statement.columns().size(), 2U);
  Connection other = connect();
  other.execute("ALTER TABLE t ADD COLUMN b TEXT");
  EXPECT_EQ(trace(request::Execute{{prepared.statement}}), "columns id a b\ndone 0 0\nok");
  EXPECT_EQ(trace(request::Describe{prepared.statement}), "described id:INTEGER a:- b:TEXT\nok");
  EXPECT_EQ(statement.step(), Step::done);
  EXPECT_EQ(statement.columns().size(), 3U);
}

TEST_P(Conformance, PreparedStatementsRunDescribeAndClose) {
  RequestTrace prepared;
  prepared.start(db, request::Prepare{"SELECT a, 1 AS one FROM t WHERE id = :id"});
  EXPECT_EQ(prepared.wait(), "prepared\nok");
  const StatementId id = prepared.statement;
  EXPECT_EQ(trace(request::Describe{id}), "described a:- one:- <:id>\nok");
  EXPECT_EQ(trace(request::Describe{std::string_view("SELECT id FROM t")}),
            "described id:INTEGER\nok");
  const ValueView one[] = {1};
  PositionalParameters values(one);
  EXPECT_EQ(trace(request::Execute{{id, &values}}), "columns a one\ndone 0 0\nok");
  EXPECT_EQ(trace(request::ResetStatement{id}), "ok");
  EXPECT_EQ(trace(request::CloseStatement{id}), "ok");
  EXPECT_EQ(trace(request::Execute{{id, &values}}), "error unknown_statement");
  EXPECT_EQ(trace(request::Prepare{"SELECT nope"}), "error error 1");
  EXPECT_EQ(trace(request::Prepare{"SELECT 1; SELECT 2"}), "error invalid_argument");
  EXPECT_EQ(trace(request::Check{"SELECT 1; SELECT 2"}), "more statements\nok");
}

// --- Batches ---

TEST_P(Conformance, ABatchThatProceedsReportsEachMember) {
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (1)", "SELEC", "INSERT INTO t(a) VALUES (1)",
                   "SELECT a FROM t"},
                  OnError::proceed),
            "done 1 1\nfailed error 1\nfailed constraint 2067\ncolumns a\nrow 1\ndone 0 1\nok");
  EXPECT_EQ(rows(), "1");
}

TEST_P(Conformance, ABatchThatHaltsStopsAtTheFirstFailure) {
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (1)", "INSERT INTO t(a) VALUES (1)",
                   "INSERT INTO t(a) VALUES (2)"},
                  OnError::halt),
            "done 1 1\nfailed constraint 2067\nok");
  EXPECT_EQ(rows(), "1");
}

TEST_P(Conformance, AnAtomicBatchKeepsAllOrNothing) {
  EXPECT_EQ(
      batch({"INSERT INTO t(a) VALUES (1)", "INSERT INTO t(a) VALUES (2)"}, OnError::rollback),
      "done 1 1\ndone 1 1\nok");
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (3)", "INSERT INTO t(a) VALUES (1)",
                   "INSERT INTO t(a) VALUES (4)"},
                  OnError::rollback),
            "done 1 1\nfailed constraint 2067\nerror constraint 2067");
  EXPECT_EQ(rows(), "1\n2");
  EXPECT_FALSE(db.in_transaction());
}

TEST_P(Conformance, AnAtomicBatchInATransactionUndoesItselfOnly) {
  db.begin_transaction(TransactionMode::deferred);
  db.execute("INSERT INTO t(a) VALUES ('outer')");
  EXPECT_EQ(
      batch({"INSERT INTO t(a) VALUES (1)", "INSERT INTO t(a) VALUES (1)"}, OnError::rollback),
      "done 1 1\nfailed constraint 2067\nerror constraint 2067");
  EXPECT_TRUE(db.in_transaction());
  EXPECT_EQ(batch({"INSERT INTO t(a) VALUES (2)"}, OnError::rollback), "done 1 1\nok");
  db.commit();
  EXPECT_EQ(rows(), "2\n'outer'");
}

TEST_P(Conformance, AnAtomicBatchAdmitsNoEndOfItsTransaction) {
  EXPECT_THAT([&] { return db.run(Batch().add("INSERT INTO t(a) VALUES (1)").add("COMMIT")); },
              throws_error(ErrorKind::misuse, "cannot run among statements"));
  EXPECT_EQ(rows(), "");
}

TEST_P(Conformance, AScriptStopsAtItsFirstFailure) {
  EXPECT_EQ(trace(request::Script{"INSERT INTO t(a) VALUES (1); -- one\n;;"
                                  "INSERT INTO t(a) VALUES (1); INSERT INTO t(a) VALUES (2)"}),
            "done 1 1\nerror constraint 2067");
  EXPECT_EQ(rows(), "1");
  EXPECT_EQ(trace(request::Script{"CREATE TRIGGER r AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; "
                                  "END; INSERT INTO t(a) VALUES (5)",
                                  true}),
            "done 4 0\ndone 1 1\nok");
  EXPECT_EQ(trace(request::Script{"INSERT INTO t(a) VALUES (6); SELECT nope", true}),
            "done 1 1\nerror error 1");
  EXPECT_EQ(rows(), "1\n5");
}

}  // namespace
}  // namespace libsql
