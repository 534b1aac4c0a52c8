// What single requests answer: values, parameters, errors and their codes.
#include "server_test.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawAnswer;

class SqlTest : public testing::ServerTest {
 protected:
  [[nodiscard]] std::string run(const std::string& sql) {
    return pipeline(execute(sql) + kAndClose).body;
  }
  [[nodiscard]] std::string run_with(const std::string& sql, const std::string& arguments) {
    return pipeline(R"({"type":"execute","stmt":{"sql":")" + sql + "\"," + arguments + "}}" +
                    kAndClose)
        .body;
  }
};

TEST_F(SqlTest, ErrorsHaveTheCodesAndPrefixesOfSqld) {
  EXPECT_THAT(run("SELECT nope"),
              HasSubstr(R"~({"message":"SQL input error: no such column: nope (at offset 7)",)~"
                        R"("code":"SQL_INPUT_ERROR"})"));
  EXPECT_THAT(run("COMMIT"),
              HasSubstr(R"({"message":"SQLite error: cannot commit - no transaction )"
                        R"(is active","code":"SQLITE_UNKNOWN"})"));
  EXPECT_THAT(run(""), HasSubstr(R"("code":"SQL_NO_STATEMENT")"));
  EXPECT_THAT(run("-- nothing"), HasSubstr(R"("code":"SQL_NO_STATEMENT")"));
  EXPECT_THAT(run("SELECT 1; SELECT 2"), HasSubstr(R"("code":"SQL_MANY_STATEMENTS")"));
  EXPECT_THAT(run("SELECT 1;; -- end"), HasSubstr(R"("value":"1")"));
}

TEST_F(SqlTest, ConstraintErrorsHaveTheExtendedCodeToo) {
  static_cast<void>(run("CREATE TABLE t(a UNIQUE)"));
  EXPECT_THAT(
      run("INSERT INTO t VALUES (1), (1)"),
      HasSubstr(R"({"message":"SQLite error: UNIQUE constraint failed: t.a",)"
                R"("code":"SQLITE_CONSTRAINT","extended_code":"SQLITE_CONSTRAINT_UNIQUE"})"));
}

TEST_F(SqlTest, CountsChangesAndRowidsOfWritesAlone) {
  static_cast<void>(run("CREATE TABLE t(a)"));
  EXPECT_THAT(run("INSERT INTO t VALUES (1), (2)"),
              HasSubstr(R"("affected_row_count":2,"last_insert_rowid":"2")"));
  EXPECT_THAT(run("UPDATE t SET a = 3"),
              HasSubstr(R"("affected_row_count":2,"last_insert_rowid":null)"));
  EXPECT_THAT(run("SELECT * FROM t"),
              HasSubstr(R"("affected_row_count":0,"last_insert_rowid":null)"));
  EXPECT_THAT(run("INSERT INTO t VALUES (4) RETURNING a"),
              HasSubstr(R"("rows":[[{"type":"integer","value":"4"}]],"affected_row_count":1,)"
                        R"("last_insert_rowid":"3")"));
}

TEST_F(SqlTest, BindsByTheStrictRulesOfSqld) {
  const std::string one = R"({"type":"integer","value":"1"})";
  EXPECT_THAT(run_with("SELECT ?", "\"args\":[" + one + "]"), HasSubstr(R"("value":"1")"));
  EXPECT_THAT(run_with("SELECT ?2", "\"args\":[" + one + "," + one + "]"),
              HasSubstr(R"("value":"1")"));
  EXPECT_THAT(run_with("SELECT ?", "\"args\":[]"), HasSubstr("ARGS_INVALID"));
  EXPECT_THAT(run_with("SELECT 1", "\"args\":[" + one + "]"), HasSubstr("ARGS_INVALID"));
  EXPECT_THAT(run_with("SELECT :a", "\"args\":[" + one + "]"), HasSubstr("ARGS_INVALID"));
  for (const char* const name : {":a", "a"}) {
    EXPECT_THAT(run_with("SELECT :a", R"("named_args":[{"name":")" + std::string(name) +
                                          R"(","value":)" + one + "}]"),
                HasSubstr(R"("value":"1")"));
  }
  EXPECT_THAT(run_with("SELECT :a, ?",
                       "\"args\":[" + one + R"(],"named_args":[{"name":"a","value":)" + one + "}]"),
              HasSubstr("ARGS_BOTH_POSITIONAL_AND_NAMED"));
  EXPECT_THAT(run_with("EXPLAIN SELECT ?", "\"args\":[]"), Not(HasSubstr("ARGS_INVALID")));
}

TEST_F(SqlTest, AcceptsAbsentAndNullMembers) {
  EXPECT_THAT(run_with("SELECT ?", R"("sql_id":null,"replication_index":null,"args":)"
                                   R"([{"type":"blob","base64":"AP8="}])"),
              HasSubstr(R"({"type":"blob","base64":"AP8"})"));
}

TEST_F(SqlTest, LeavesOutRowsThatAreNotWanted) {
  EXPECT_THAT(run_with("SELECT 1", "\"want_rows\":false"), HasSubstr("\"rows\":[]"));
}

TEST_F(SqlTest, AnInfiniteNumberIsAnErrorOfItsStatement) {
  EXPECT_THAT(run("SELECT 9e999"), HasSubstr("UNSUPPORTED_VALUE"));
}

TEST_F(SqlTest, RefusesWhatReachesOtherFilesOrOtherClients) {
  for (const char* const sql : {"ATTACH '/tmp/x.db' AS x", "VACUUM INTO '/tmp/x.db'", "VACUUM",
                                "SELECT load_extension('x')", "PRAGMA journal_mode = delete",
                                "PRAGMA main.locking_mode(exclusive)"}) {
    EXPECT_THAT(run(sql), HasSubstr(R"("code":"SQL_PARSE_ERROR")")) << sql;
  }
  EXPECT_THAT(run("PRAGMA journal_mode"), HasSubstr(R"("value":"wal")"));
}

// SQLite sets these when it compiles the PRAGMA.
TEST_F(SqlTest, ASettingThatIsRefusedIsNotSetBefore) {
  const std::string before = value_of("PRAGMA soft_heap_limit");
  const std::string set = "PRAGMA soft_heap_limit = 123456789012";
  for (const std::string& request :
       {execute(set), execute("EXPLAIN " + set), R"({"type":"describe","sql":")" + set + "\"}",
        R"({"type":"sequence","sql":"SELECT 1; )" + set + "\"}"}) {
    EXPECT_THAT(pipeline(request + kAndClose).body, HasSubstr(R"("code":"SQL_PARSE_ERROR")"))
        << request;
    EXPECT_EQ(value_of("PRAGMA soft_heap_limit"), before) << request;
  }
  EXPECT_THAT(pipeline(R"~({"type":"sequence","sql":"PRAGMA soft_heap_limit; SELECT (1)"})~").body,
              HasSubstr(R"({"type":"ok","response":{"type":"sequence"}})"));
}

TEST_F(SqlTest, TakesDoubleQuotedStringsAsOtherServersDo) {
  EXPECT_THAT(run(R"(SELECT \"text\")"), HasSubstr(R"({"type":"text","value":"text"})"));
}

TEST_F(SqlTest, DescribesParametersColumnsAndKind) {
  static_cast<void>(run("CREATE TABLE t(id INTEGER)"));
  EXPECT_THAT(pipeline(R"({"type":"describe","sql":"SELECT :a, ?3, id FROM t"})").body,
              HasSubstr(R"("result":{"params":[{"name":":a"},{"name":null},{"name":"?3"}],"cols":)"
                        R"([{"name":":a","decltype":null},{"name":"?3","decltype":null},)"
                        R"({"name":"id","decltype":"INTEGER"}],"is_explain":false,)"
                        R"("is_readonly":true})"));
  EXPECT_THAT(pipeline(R"({"type":"describe","sql":"EXPLAIN DELETE FROM t"})").body,
              HasSubstr(R"("is_explain":true)"));
  EXPECT_THAT(pipeline(R"({"type":"describe","sql":"DELETE FROM t"})").body,
              HasSubstr(R"("is_readonly":false)"));
}

TEST_F(SqlTest, ASequenceStopsAtItsFirstErrorAndKeepsWhatRan) {
  const RawAnswer answer = pipeline(
      R"({"type":"sequence","sql":"CREATE TABLE t(a); INSERT INTO t VALUES (1); SELECT nope; )"
      R"~(INSERT INTO t VALUES (2)"})~");
  EXPECT_THAT(answer.body, HasSubstr("SQL_INPUT_ERROR"));
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"1"})");
  EXPECT_THAT(pipeline(R"({"type":"sequence","sql":" ; "})").body,
              HasSubstr(R"({"type":"sequence"})"));
}

TEST_F(SqlTest, AReadOnlyTransactionRefusesWritesUntilItsEnd) {
  const std::string body =
      pipeline(execute("CREATE TABLE t(a)") + "," + execute("BEGIN TRANSACTION READONLY") + "," +
               execute("INSERT INTO t VALUES (1)") + "," + execute("COMMIT") + "," +
               execute("INSERT INTO t VALUES (2)") + kAndClose)
          .body;
  EXPECT_THAT(body, HasSubstr(R"("code":"SQLITE_READONLY")"));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
}

TEST_F(SqlTest, ABatchRunsTheStepsWhoseConditionsHold) {
  const std::string body =
      pipeline(R"({"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT 1"}},)"
               R"({"stmt":{"sql":"SELECT nope"}},)"
               R"({"condition":{"type":"ok","step":1},"stmt":{"sql":"SELECT 3"}},)"
               R"({"condition":{"type":"error","step":1},"stmt":{"sql":"SELECT 4"}},)"
               R"({"condition":{"type":"error","step":2},"stmt":{"sql":"SELECT 5"}}]}})" +
               std::string(kAndClose))
          .body;
  EXPECT_THAT(body, HasSubstr(R"("value":"1")"));
  EXPECT_THAT(body, Not(HasSubstr(R"("value":"3")")));
  EXPECT_THAT(body, HasSubstr(R"("value":"4")"));
  EXPECT_THAT(body, HasSubstr(R"("value":"5")"));  // A step that was skipped did not succeed.
  EXPECT_THAT(body,
              HasSubstr(R"("step_errors":[null,{"message":"SQL input error: no such column: )"
                        R"~(nope (at offset 7)","code":"SQL_INPUT_ERROR"},null,null,null])~"));
}

// Streams that only read leave their connection to later ones; these find nothing of an earlier
// one.
TEST_F(SqlTest, AStreamFindsNothingThatAnEarlierOneHasSet) {
  EXPECT_EQ(pipeline(execute("CREATE TABLE kept(a)") + kAndClose).status, 200);
  const auto run = [this](const std::string& sql) {
    EXPECT_EQ(value_of("SELECT 1"), R"({"type":"integer","value":"1"})");
    EXPECT_EQ(pipeline(execute(sql) + kAndClose).status, 200) << sql;
  };
  for (const char* sql : {"PRAGMA foreign_keys=0", "EXPLAIN PRAGMA foreign_keys=0"}) {
    run(sql);
    EXPECT_EQ(value_of("PRAGMA foreign_keys"), R"({"type":"integer","value":"1"})") << sql;
  }
  EXPECT_EQ(
      pipeline(R"({"type":"describe","sql":"PRAGMA foreign_keys=0"})" + std::string(kAndClose))
          .status,
      200);
  EXPECT_EQ(value_of("PRAGMA foreign_keys"), R"({"type":"integer","value":"1"})");
  run("CREATE TEMP TABLE gone(a)");
  EXPECT_EQ(value_of("SELECT count(*) FROM temp.sqlite_schema"),
            R"({"type":"integer","value":"0"})");
  run("INSERT INTO kept VALUES (1), (2)");
  EXPECT_EQ(value_of("SELECT changes() + total_changes() + last_insert_rowid()"),
            R"({"type":"integer","value":"0"})");
  run("BEGIN");
  EXPECT_EQ(value_of("SELECT count(*) FROM kept"), R"({"type":"integer","value":"2"})");
}

}  // namespace
}  // namespace libsql
