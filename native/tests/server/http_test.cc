// HTTP itself: paths, methods, kept connections, limits, and the exchanges of the specification.
#include <filesystem>

#include "server_test.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawAnswer;
using testing::RawClient;
using ::testing::StartsWith;

class HttpTest : public testing::ServerTest {};

TEST_F(HttpTest, AnswersProbesOfVersionsAndHealth) {
  RawClient client = connect();
  for (const char* const path : {"/v2", "/v3", "/v3-protobuf", "/health", "/version", "/v3/"}) {
    const RawAnswer answer = client.get(path);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_TRUE(answer.keep_alive) << path;
  }
  EXPECT_THAT(client.get("/version").body, StartsWith("libsql-dev-server "));
  EXPECT_EQ(client.get("/health").body, "");
}

TEST_F(HttpTest, NamesUnknownPathsAndMethodsInJsonWithoutParameters) {
  RawClient client = connect();
  const RawAnswer missing = client.get("/v4/pipeline");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.content_type, "application/json");
  EXPECT_EQ(missing.body, R"({"message":"no such path","code":"NOT_FOUND"})");
  EXPECT_EQ(client.get("/v3/pipeline").status, 405);
}

TEST_F(HttpTest, NamesTheMethodThatAPathHas) {
  RawClient client = connect();
  client.send("GET /v3/pipeline HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.receive_some(), HasSubstr("\r\nAllow: POST\r\n"));
}

TEST_F(HttpTest, AnswersHeadWithoutABody) {
  RawClient client = connect();
  client.send(
      "HEAD /version HTTP/1.1\r\nHost: x\r\n\r\nHEAD /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  std::string all;
  while (true) {
    const std::string some = client.receive_some();
    if (some.empty()) break;
    all += some;
  }
  EXPECT_THAT(all, StartsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: "));
  EXPECT_THAT(all, HasSubstr("\r\n\r\nHTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(
      all, HasSubstr("\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"));
  EXPECT_THAT(all, Not(HasSubstr("libsql-dev-server")));
}

TEST_F(HttpTest, TakesTargetsAsProxiesSendThem) {
  RawClient client = connect();
  EXPECT_EQ(client.get("http://localhost:8080/health").status, 200);
  EXPECT_EQ(client.get("http://localhost/beta/listen?action=insert").status, 400);
  EXPECT_EQ(client.get("http://localhost").status, 404);
}

TEST_F(HttpTest, AnswersTheOneShotQueryOfTheSpecification) {
  RawClient client = connect();
  static_cast<void>(client.pipeline(execute("CREATE TABLE t(id INTEGER, x BLOB)") + "," +
                                    execute("INSERT INTO t VALUES (7, x'00ff')") + kAndClose));
  const RawAnswer answer = client.post(
      "/v3/pipeline",
      R"({"baton":null,"requests":[{"type":"execute","stmt":{"sql":"SELECT id, x FROM t WHERE id = ?",)"
      R"("args":[{"type":"integer","value":"7"}]}},{"type":"close"}]})");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "application/json");
  EXPECT_THAT(
      answer.body,
      StartsWith(R"({"baton":null,"base_url":null,"results":[{"type":"ok","response":)"
                 R"({"type":"execute","result":{"cols":[{"name":"id","decltype":"INTEGER"},)"
                 R"({"name":"x","decltype":"BLOB"}],"rows":[[{"type":"integer","value":"7"},)"
                 R"({"type":"blob","base64":"AP8"}]],"affected_row_count":0,)"
                 R"("last_insert_rowid":null)"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"type":"ok","response":{"type":"close"}}]})"));
}

TEST_F(HttpTest, AnswersTheTransactionOfTheSpecification) {
  RawClient client = connect();
  static_cast<void>(client.pipeline(execute("CREATE TABLE t(x)") + kAndClose));
  const RawAnswer first = client.pipeline(
      R"({"type":"batch","batch":{"steps":[{"stmt":{"sql":"BEGIN IMMEDIATE","want_rows":false}},)"
      R"({"condition":{"type":"and","conds":[{"type":"ok","step":0},{"type":"not","cond":)"
      R"~({"type":"is_autocommit"}}]},"stmt":{"sql":"INSERT INTO t(x) VALUES (:v)","named_args":)~"
      R"([{"name":":v","value":{"type":"text","value":"a"}}]}}]}},{"type":"get_autocommit"})");
  EXPECT_THAT(first.body, HasSubstr(R"("step_errors":[null,null])"));
  EXPECT_THAT(first.body, HasSubstr(R"("is_autocommit":false)"));
  const RawAnswer last =
      client.pipeline(R"({"type":"batch","batch":{"steps":[{"condition":{"type":"not","cond":)"
                      R"({"type":"is_autocommit"}},"stmt":{"sql":"COMMIT","want_rows":false}}]}},)"
                      R"({"type":"get_autocommit"},{"type":"close"})",
                      baton_of(first.body));
  EXPECT_THAT(last.body, HasSubstr(R"("is_autocommit":true)"));
  EXPECT_THAT(last.body, StartsWith(R"({"baton":null)"));
  EXPECT_EQ(value_of("SELECT count(*) FROM t"), R"({"type":"integer","value":"1"})");
}

TEST_F(HttpTest, ServesVersion2WithWhatVersion3Added) {
  const RawAnswer answer =
      connect().post("/v2/pipeline", RawClient::pipeline_body(R"({"type":"get_autocommit"})"));
  EXPECT_THAT(answer.body, HasSubstr(R"("is_autocommit":true)"));
}

TEST_F(HttpTest, KeepsTheConnectionAcrossErrorsOfRequests) {
  RawClient client = connect();
  const RawAnswer malformed = client.post("/v3/pipeline", "{\"requests\":[");
  EXPECT_EQ(malformed.status, 400);
  EXPECT_THAT(malformed.body, HasSubstr(R"("code":"MALFORMED_REQUEST")"));
  EXPECT_EQ(client.get("/health").status, 200);
}

TEST_F(HttpTest, AnswersPipelinedRequestsInTheirOrder) {
  RawClient client = connect();
  client.send("GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_EQ(client.receive().status, 404);
}

TEST_F(HttpTest, ClosesWhenTheClientAsksForIt) {
  RawClient client = connect();
  EXPECT_FALSE(client.get("/health", "Connection: close\r\n").keep_alive);
  EXPECT_EQ(client.receive_some(), "");
}

TEST_F(HttpTest, AsksForTheBodyThatAClientHoldsBack) {
  RawClient client = connect();
  const std::string body = RawClient::pipeline_body(execute("SELECT 5") + kAndClose);
  client.send("POST /v3/pipeline HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n");
  EXPECT_EQ(client.receive_some(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(body);
  EXPECT_THAT(client.receive().body, HasSubstr(R"("value":"5")"));
}

TEST_F(HttpTest, RefusesBodiesBeyondTheLimitByNameAndSize) {
  server::Options options;
  options.most_request_bytes = 1000;
  start(options);
  const RawAnswer answer = connect().post("/v3/pipeline", std::string(1001, ' '));
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("larger than 1000 bytes"));
}

TEST_F(HttpTest, RefusesWhatIsNotHttp) {
  RawClient client = connect();
  client.send("\x16\x03\x01 hello\r\n\r\n");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_EQ(client.receive_some(), "");
}

TEST_F(HttpTest, AnAnswerBeyondTheLimitIsAnErrorOfItsRequestAlone) {
  server::Options options;
  options.most_response_bytes = 1000;
  start(options);
  const RawAnswer answer =
      pipeline(execute("SELECT 1") + "," + execute("SELECT hex(zeroblob(2000))") + "," +
               execute("SELECT 3") + kAndClose);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"RESPONSE_TOO_LARGE")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("value":"1")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("value":"3")"));
}

TEST_F(HttpTest, TheAnswersToAPipelineHaveALimitTogether) {
  server::Options options;
  options.most_response_bytes = 1000;
  start(options);
  const std::string large = execute("SELECT hex(zeroblob(450))");
  const std::string body = pipeline(large + "," + large + "," + large + "," + large + "," + large +
                                    "," + execute("SELECT 6") + kAndClose)
                               .body;
  const std::size_t refused = body.find(R"("code":"RESPONSE_TOO_LARGE")");
  EXPECT_EQ(refused, body.rfind(R"("code":"RESPONSE_TOO_LARGE")"));
  EXPECT_GT(refused, body.rfind("\"" + std::string(900, '0') + "\""));
  EXPECT_LT(refused, body.find(R"("value":"6")"));
}

TEST_F(HttpTest, ASlowQueryKeepsNobodyElseWaiting) {
  RawClient slow = connect();
  slow.start_post("/v3/pipeline",
                  RawClient::pipeline_body(execute("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL "
                                                   "SELECT n + 1 FROM c) SELECT count(*) FROM c")));
  EXPECT_EQ(value_of("SELECT 1"), R"({"type":"integer","value":"1"})");
  slow.close();  // The query ends with its client: the server's end does not wait for it.
}

// A new file's log was made and deleted for each request.
TEST_F(HttpTest, TheWriteAheadLogStaysOpenBetweenRequests) {
  const testing::TemporaryDirectory folder;
  server::Options options;
  options.database = folder.path();
  start(std::move(options));
  EXPECT_EQ(pipeline(execute("SELECT 1") + kAndClose).status, 200);
  EXPECT_TRUE(std::filesystem::exists(folder.path() + "-wal"));
}

TEST_F(HttpTest, StoppingWaitsForTheAnswerThatIsUnderWay) {
  RawClient client = connect();
  client.start_post(
      "/v3/pipeline",
      RawClient::pipeline_body(execute("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 "
                                       "FROM c LIMIT 300000) SELECT count(*) FROM c") +
                               kAndClose));
  RawClient idle = connect();
  EXPECT_EQ(idle.get("/health").status, 200);
  server().stop(std::chrono::seconds(20));
  EXPECT_THAT(client.receive().body, HasSubstr("300000"));
  EXPECT_EQ(idle.receive_some(), "");
}

}  // namespace
}  // namespace libsql
