// Cursors over HTTP: entries while the batch runs.
#include "server_test.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawAnswer;
using testing::RawClient;
using ::testing::StartsWith;

class CursorTest : public testing::ServerTest {
 protected:
  [[nodiscard]] static std::string steps(const std::string& list) {
    return R"({"baton":null,"batch":{"steps":[)" + list + "]}}";
  }
  // Opens a cursor over so many rows on a stream and leaves after the first bytes. The next baton.
  [[nodiscard]] std::string leave_cursor(const std::string& baton, const std::string& rows) {
    RawClient client = connect();
    client.start_post("/v3/cursor",
                      R"({"baton":")" + baton +
                          R"(","batch":{"steps":[{"stmt":{"sql":"WITH RECURSIVE )"
                          R"(c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT )" +
                          rows + R"() SELECT n FROM c"}}]}})");
    std::string bytes;
    while (bytes.find("\"row\"") == std::string::npos) bytes += client.receive_some();
    client.close();
    return baton_of(bytes);
  }
};

TEST_F(CursorTest, WritesTheEntriesOfTheSpecification) {
  static_cast<void>(pipeline(execute("CREATE TABLE t(x)") + kAndClose));
  const RawAnswer answer = connect().post(
      "/v3/cursor",
      steps(
          R"~({"stmt":{"sql":"INSERT INTO t(x) VALUES (1)"}},)~"
          R"~({"condition":{"type":"not","cond":{"type":"ok","step":0}},"stmt":{"sql":"SELECT 1"}},)~"
          R"~({"stmt":{"sql":"SELECT nope"}},{"stmt":{"sql":"SELECT x FROM t"}})~"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain");
  const std::string baton = baton_of(answer.body);
  EXPECT_EQ(
      answer.body,
      R"({"baton":")" + baton +
          "\",\"base_url\":null}\n"
          "{\"type\":\"step_begin\",\"step\":0,\"cols\":[]}\n"
          "{\"type\":\"step_end\",\"affected_row_count\":1,\"last_insert_rowid\":\"1\"}\n"
          "{\"type\":\"step_error\",\"step\":2,\"error\":{\"message\":\"SQL input error: no "
          "such column: nope (at offset 7)\",\"code\":\"SQL_INPUT_ERROR\"}}\n"
          "{\"type\":\"step_begin\",\"step\":3,\"cols\":[{\"name\":\"x\",\"decltype\":null}]}\n"
          "{\"type\":\"row\",\"row\":[{\"type\":\"integer\",\"value\":\"1\"}]}\n"
          "{\"type\":\"step_end\",\"affected_row_count\":0,\"last_insert_rowid\":null}\n"
          "{\"type\":\"replication_index\",\"replication_index\":null}\n");
  EXPECT_EQ(pipeline(R"({"type":"close"})", baton).status, 200);
}

TEST_F(CursorTest, SendsTheFirstRowsOfAnEndlessQueryAndStopsWithItsClient) {
  RawClient client = connect();
  client.start_post("/v3/cursor",
                    steps(R"({"stmt":{"sql":"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT )"
                          R"(n + 1 FROM c) SELECT n FROM c"}})"));
  std::string bytes;
  while (bytes.find(R"({"type":"integer","value":"1000"})") == std::string::npos) {
    bytes += client.receive_some();
  }
  EXPECT_THAT(bytes, StartsWith("HTTP/1.1 200 OK\r\n"));
  client.close();
  server().stop(std::chrono::seconds(20));  // Does not wait: the stream has ended.
}

// A reused stream met the interrupt that was meant for the cursor (Rust crate libsql 0.9.30).
TEST_F(CursorTest, TheStreamOfACursorThatItsClientLeavesServesTheNextRequest) {
  for (const char* const rows : {"1000000000", "3"}) {
    std::string baton =
        baton_of(pipeline(execute("CREATE TABLE IF NOT EXISTS t(a)") + "," + execute("BEGIN") +
                          "," + execute("INSERT INTO t VALUES (1)"))
                     .body);
    for (int i = 0; i < 100; ++i) {
      baton = leave_cursor(baton, rows);
      const RawAnswer next = pipeline(execute("SELECT a FROM t"), baton);
      ASSERT_EQ(next.status, 200) << next.body;
      ASSERT_THAT(next.body, HasSubstr(R"("rows":[[{"type":"integer","value":"1"}]])"));
      baton = baton_of(next.body);
    }
    EXPECT_THAT(pipeline(execute("ROLLBACK") + kAndClose, baton).body, Not(HasSubstr("error")));
  }
}

TEST_F(CursorTest, AClientThatLeavesBeforeItHasABatonEndsTheStream) {
  static_cast<void>(pipeline(execute("CREATE TABLE t(a)") + kAndClose));
  const std::string baton =
      baton_of(pipeline(execute("BEGIN") + "," + execute("INSERT INTO t VALUES (1)")).body);
  RawClient client = connect();
  client.start_post("/v3/cursor", R"({"baton":")" + baton +
                                      R"(","batch":{"steps":[{"stmt":{"sql":"WITH RECURSIVE c(n) )"
                                      R"(AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT )"
                                      R"(count(*) FROM c"}}]}})");
  client.close();
  // The write lock is free again.
  EXPECT_THAT(pipeline(execute("INSERT INTO t VALUES (2)") + kAndClose).body,
              HasSubstr(R"("affected_row_count":1)"));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
}

TEST_F(CursorTest, SendsEveryRowOfALargeResult) {
  const RawAnswer answer = connect().post(
      "/v3/cursor",
      steps(R"({"stmt":{"sql":"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 )"
            R"(FROM c LIMIT 100000) SELECT n, 'some text of a row' FROM c"}})"));
  std::size_t rows = 0;
  for (std::size_t at = answer.body.find("\"row\":["); at != std::string::npos;
       at = answer.body.find("\"row\":[", at + 1)) {
    ++rows;
  }
  EXPECT_EQ(rows, 100'000U);
  EXPECT_THAT(answer.body, HasSubstr("\"replication_index\":null}\n"));
}

TEST_F(CursorTest, AConnectionOfHttp10GetsTheBodyUntilItsEnd) {
  RawClient client = connect();
  const std::string body = steps(R"({"stmt":{"sql":"SELECT 1"}})");
  client.send("POST /v3/cursor HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n" + body);
  std::string bytes;
  for (std::string piece = client.receive_some(); !piece.empty(); piece = client.receive_some()) {
    bytes += piece;
  }
  EXPECT_THAT(bytes, HasSubstr("\r\n\r\n{\"baton\":"));
  EXPECT_THAT(bytes, ::testing::EndsWith("\"replication_index\":null}\n"));
}

TEST_F(CursorTest, ABatchWithAnUnknownTextIsRefusedBeforeItRuns) {
  const RawAnswer answer = connect().post(
      "/v3/cursor", steps(R"~({"stmt":{"sql":"CREATE TABLE t(a)"}},{"stmt":{"sql_id":3}})~"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("no SQL is stored with the id 3"));
  EXPECT_EQ(value_of("SELECT count(*) FROM sqlite_schema"), R"({"type":"integer","value":"0"})");
}

}  // namespace
}  // namespace libsql
