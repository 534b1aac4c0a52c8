// Streams over HTTP: batons, expiry, stored SQL, and what ends a transaction.
#include "server_test.h"

namespace libsql {
namespace {

using namespace std::chrono_literals;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawAnswer;
using testing::RawClient;

class StreamsTest : public testing::ServerTest {
 protected:
  static constexpr const char* kEndless =
      "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c";

  // A stream with an open transaction that has written one row to the table t.
  [[nodiscard]] std::string open_transaction() {
    static_cast<void>(pipeline(execute("CREATE TABLE IF NOT EXISTS t(a)") + kAndClose));
    return baton_of(pipeline(execute("BEGIN") + "," + execute("INSERT INTO t VALUES (1)")).body);
  }
};

TEST_F(StreamsTest, ABatonContinuesItsStreamOnAnyConnection) {
  const std::string baton = open_transaction();
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"0"})");
  const RawAnswer answer = pipeline(execute("COMMIT") + kAndClose, baton);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(baton_of(answer.body), "");
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"1"})");
}

TEST_F(StreamsTest, AUsedBatonIsRefusedAndTheStreamGoesOn) {
  const std::string first = open_transaction();
  const std::string second = baton_of(pipeline(execute("SELECT 1"), first).body);
  const RawAnswer reused = pipeline(execute("SELECT 2"), first);
  EXPECT_EQ(reused.status, 400);
  EXPECT_THAT(reused.body, HasSubstr("Received a baton that has already been used"));
  EXPECT_EQ(pipeline(execute("COMMIT") + kAndClose, second).status, 200);
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"1"})");
}

TEST_F(StreamsTest, ForgedAndForeignBatonsAreInvalid) {
  std::string baton = open_transaction();
  baton[0] = baton[0] == 'A' ? 'B' : 'A';
  for (const std::string& text : {baton, std::string("nonsense"), std::string(64, 'A')}) {
    const RawAnswer answer = pipeline(execute("SELECT 1"), text);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, R"({"message":"Received an invalid baton","code":"INVALID_BATON"})");
  }
}

TEST_F(StreamsTest, AnIdleStreamExpiresAndRollsBack) {
  server::Options options;
  options.stream_idle_time = 50ms;
  options.expired_stream_memory = 200ms;
  start(options);
  const std::string baton = open_transaction();
  EXPECT_TRUE(eventually([&] {
    return pipeline(execute("INSERT INTO t VALUES (2)") + kAndClose).body.find("SQLITE_BUSY") ==
           std::string::npos;
  }));
  EXPECT_TRUE(eventually([&] {
    return pipeline("", baton).body ==
           R"({"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"})";
  }));
  EXPECT_TRUE(eventually(
      [&] { return pipeline("", baton).body.find("INVALID_BATON") != std::string::npos; }));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
}

TEST_F(StreamsTest, TheRequestThatComesTooEarlyWaitsForTheOneBefore) {
  const std::string baton = open_transaction();
  RawClient slow = connect();
  slow.start_post("/v3/cursor",
                  R"({"baton":")" + baton +
                      R"(","batch":{"steps":[{"stmt":{"sql":"SELECT count(*) FROM t"}}]}})");
  const std::string head = slow.receive().body;
  const RawAnswer next = pipeline(execute("COMMIT") + kAndClose, baton_of(head));
  EXPECT_EQ(next.status, 200);
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"1"})");
}

TEST_F(StreamsTest, ClosingMustComeLastAndNothingRunsOtherwise) {
  const RawAnswer answer = pipeline(R"({"type":"close"},)" + execute("CREATE TABLE t(a)"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("close must be the last request"));
  EXPECT_EQ(value_of("SELECT count(*) FROM sqlite_schema"), R"({"type":"integer","value":"0"})");
}

TEST_F(StreamsTest, AClientThatGoesAwayStopsItsQueryAndRollsBack) {
  const std::string baton = open_transaction();
  RawClient client = connect();
  client.start_post("/v3/pipeline", RawClient::pipeline_body(execute(kEndless), baton));
  client.close();
  // The write lock is free again.
  EXPECT_THAT(pipeline(execute("INSERT INTO t VALUES (2)") + kAndClose).body,
              HasSubstr(R"("affected_row_count":1)"));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
  EXPECT_THAT(pipeline("", baton).body, Not(HasSubstr("\"results\"")));
}

TEST_F(StreamsTest, StoredTextsLastAsLongAsTheStream) {
  const RawAnswer first = pipeline(R"({"type":"store_sql","sql_id":7,"sql":"SELECT 42"},)"
                                   R"({"type":"execute","stmt":{"sql_id":7}})");
  EXPECT_THAT(first.body, HasSubstr(R"("value":"42")"));
  const RawAnswer second = pipeline(
      R"({"type":"describe","sql_id":7},{"type":"close_sql","sql_id":7},{"type":"close_sql","sql_id":8})",
      baton_of(first.body));
  EXPECT_THAT(second.body, HasSubstr(R"("cols":[{"name":"42")"));
  const RawAnswer third =
      pipeline(R"({"type":"execute","stmt":{"sql_id":7}})", baton_of(second.body));
  EXPECT_EQ(third.status, 400);
  EXPECT_THAT(third.body, HasSubstr("no SQL is stored with the id 7"));
}

TEST_F(StreamsTest, TooManyOrTooLongTextsAreErrorsOfTheirRequest) {
  const RawAnswer answer =
      pipeline(R"({"type":"store_sql","sql_id":1,"sql":")" + std::string(5001, 'x') + "\"}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("SQL_STORE_TOO_LARGE"));
  std::string requests;
  for (int id = 0; id < 51; ++id) {
    requests += (id == 0 ? "" : ",") +
                std::string(R"({"type":"store_sql","sql":"SELECT 1","sql_id":)") +
                std::to_string(id) + "}";
  }
  EXPECT_THAT(pipeline(requests).body, HasSubstr("SQL_STORE_TOO_MANY"));
}

TEST_F(StreamsTest, BeyondTheLimitNewStreamsAreRefusedUntilOneCloses) {
  server::Options options;
  options.most_streams = 1;
  start(options);
  const std::string baton = baton_of(pipeline(execute("SELECT 1")).body);
  const RawAnswer refused = pipeline(execute("SELECT 1"));
  EXPECT_EQ(refused.status, 429);
  EXPECT_THAT(refused.body, HasSubstr("1 streams are open, which is the limit"));
  static_cast<void>(pipeline(R"({"type":"close"})", baton));
  EXPECT_TRUE(eventually([&] { return pipeline(execute("SELECT 1")).status == 200; }));
}

// It has no baton to come back with.
TEST_F(StreamsTest, AStreamEndsWithTheClientThatGoesDuringItsPipeline) {
  server::Options options;
  options.most_streams = 1;
  options.stream_idle_time = std::chrono::hours(1);
  start(options);
  const auto status = [&] { return pipeline(execute("SELECT 1") + kAndClose).status; };
  RawClient client = connect();
  client.start_post("/v3/pipeline", RawClient::pipeline_body(execute(kEndless)));
  ASSERT_TRUE(eventually([&] { return status() == 429; }));  // It runs.
  client.close();
  EXPECT_TRUE(eventually([&] { return status() == 200; }));
}

// Neither what runs nor what is behind it, however short that is.
TEST_F(StreamsTest, NothingOfAPipelineRunsOnceItsClientHasGone) {
  server::Options options;
  options.most_streams = 1;
  start(options);
  ASSERT_EQ(pipeline(execute("CREATE TABLE t(a)") + kAndClose).status, 200);
  const auto status = [&] { return pipeline(execute("SELECT 1") + kAndClose).status; };
  RawClient client = connect();
  client.start_post(
      "/v3/pipeline",
      RawClient::pipeline_body(execute("INSERT INTO t VALUES (1)") + "," + execute(kEndless) + "," +
                               execute("INSERT INTO t VALUES (2)") + kAndClose));
  ASSERT_TRUE(eventually([&] { return status() == 429; }));  // It runs.
  client.close();
  ASSERT_TRUE(eventually([&] { return status() == 200; }));  // It has ended.
  EXPECT_EQ(value_of("SELECT count(*) FROM t WHERE a = 2"), R"({"type":"integer","value":"0"})");
}

TEST_F(StreamsTest, ATransactionThatKeepsAWriterWaitingIsRolledBack) {
  server::Options options;
  options.transaction_time = 100ms;
  start(options);
  const std::string baton = open_transaction();
  // Waits until the other's time is over.
  EXPECT_THAT(pipeline(execute("INSERT INTO t VALUES (2)") + kAndClose).body,
              HasSubstr(R"("affected_row_count":1)"));
  const RawAnswer victim =
      pipeline(execute("INSERT INTO t VALUES (3)") + "," + R"({"type":"get_autocommit"})", baton);
  EXPECT_THAT(victim.body, HasSubstr(R"("code":"TRANSACTION_TIMEOUT")"));
  EXPECT_THAT(victim.body, HasSubstr(R"("is_autocommit":true)"));
  // Only the program that comes next is told.
  EXPECT_THAT(pipeline(execute("SELECT 9") + kAndClose, baton_of(victim.body)).body,
              HasSubstr(R"("value":"9")"));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
}

TEST_F(StreamsTest, EveryStepOfABatchHearsThatItsTransactionIsOver) {
  server::Options options;
  options.transaction_time = 100ms;
  start(options);
  const std::string baton = open_transaction();
  static_cast<void>(pipeline(execute("INSERT INTO t VALUES (2)") + kAndClose));
  const RawAnswer victim =
      pipeline(R"~({"type":"batch","batch":{"steps":[{"stmt":{"sql":"INSERT INTO t VALUES (3)"}},)~"
               R"~({"stmt":{"sql":"INSERT INTO t VALUES (4)"}}]}})~",
               baton);
  EXPECT_THAT(victim.body, HasSubstr(R"("step_results":[null,null])"));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
}

TEST_F(StreamsTest, WritersTakeTurnsAcrossStreams) {
  static_cast<void>(pipeline(execute("CREATE TABLE t(a)") + kAndClose));
  constexpr int kClients = 8;
  constexpr int kWrites = 25;
  std::vector<std::thread> threads;
  std::atomic<int> written{0};
  threads.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([this, &written] {
      RawClient client = connect();
      for (int n = 0; n < kWrites; ++n) {
        const RawAnswer answer =
            client.pipeline(execute("BEGIN IMMEDIATE") + "," + execute("INSERT INTO t VALUES (1)") +
                            "," + execute("COMMIT") + kAndClose);
        if (answer.body.find("\"error\"") == std::string::npos) ++written;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(written, kClients * kWrites);
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"200"})");
}

}  // namespace
}  // namespace libsql
