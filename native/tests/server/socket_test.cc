// WebSockets: the hello, streams, cursors, and what closes them.
#include <chrono>
#include <thread>

#include "server_test.h"

namespace libsql {
namespace {

using testing::eventually;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::RawSocket;
using ::testing::StartsWith;

class SocketTest : public testing::ServerTest {
 protected:
  [[nodiscard]] RawSocket open(const std::string& protocols = "hrana3") {
    return RawSocket(server().port(), protocols);
  }
  static constexpr const char* kUpgrade =
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
  static constexpr const char* kOpen = R"({"type":"open_stream","stream_id":0})";
  static constexpr const char* kEndless =
      "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT n FROM c";
  [[nodiscard]] static std::string execute_on(int stream, const std::string& sql) {
    return R"({"type":"execute","stream_id":)" + std::to_string(stream) + R"(,"stmt":{"sql":")" +
           sql + "\"}}";
  }
};

TEST_F(SocketTest, ChoosesTheNewestProtocolAndEchoesIt) {
  EXPECT_EQ(open("hrana1, hrana2").protocol(), "hrana2");
  EXPECT_EQ(open("hrana2, hrana3").protocol(), "hrana3");
  EXPECT_EQ(open("hrana3, hrana3-protobuf").protocol(), "hrana3-protobuf");
  EXPECT_EQ(open("").protocol(), "");
  const testing::RawAnswer refused =
      connect().get("/", std::string(kUpgrade) + "Sec-WebSocket-Protocol: graphql-ws\r\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("hrana3-protobuf, hrana3, hrana2, hrana1"));
  RawClient client = connect();
  client.send("GET / HTTP/1.1\r\nHost: x\r\n" + std::string(kUpgrade) +
              "Sec-WebSocket-Protocol: graphql-ws\r\nSec-WebSocket-Protocol: hrana2\r\n\r\n");
  EXPECT_THAT(client.receive_some(), HasSubstr("\r\nSec-WebSocket-Protocol: hrana2\r\n"));
}

TEST_F(SocketTest, AnswersABurstInOrder) {
  RawSocket socket = open("hrana2");
  socket.send(R"({"type":"hello","jwt":null})");
  socket.send(RawSocket::request_message(0, kOpen));
  socket.send(RawSocket::request_message(1, execute_on(0, "SELECT 1")));
  socket.send(RawSocket::request_message(2, R"({"type":"close_stream","stream_id":0})"));
  EXPECT_EQ(socket.receive(), R"({"type":"hello_ok"})");
  EXPECT_EQ(socket.receive(),
            R"({"type":"response_ok","request_id":0,"response":{"type":"open_stream"}})");
  EXPECT_THAT(socket.receive(),
              StartsWith(R"({"type":"response_ok","request_id":1,"response":{"type":"execute",)"
                         R"("result":{"cols":[{"name":"1","decltype":null}],"rows":[[{"type":)"
                         R"("integer","value":"1"}]])"));
  EXPECT_EQ(socket.receive(),
            R"({"type":"response_ok","request_id":2,"response":{"type":"close_stream"}})");
}

// RFC 6455 has three forms of a frame's length.
TEST_F(SocketTest, AnswersOfAnySizeArriveWhole) {
  RawSocket socket = open();
  ASSERT_EQ(socket.hello(), R"({"type":"hello_ok"})");
  EXPECT_EQ(socket.ask(0, kOpen),
            R"({"type":"response_ok","request_id":0,"response":{"type":"open_stream"}})");
  for (const std::size_t size :
       std::vector<std::size_t>{1, 1'000, 65'000, 65'300, 65'535, 65'536, 3'000'000}) {
    const std::string answer =
        socket.ask(1, execute_on(0, "SELECT printf('%.*c', " + std::to_string(size) + ", 'x')"));
    EXPECT_THAT(answer, HasSubstr(R"("value":")" + std::string(size, 'x') + R"("}]])")) << size;
    EXPECT_THAT(answer, ::testing::EndsWith("}}}")) << size;
  }
}

// More than the server keeps unsent: it stops reading meanwhile.
TEST_F(SocketTest, AClientThatReadsLateGetsEveryAnswer) {
  constexpr int kRequests = 60;
  RawSocket socket = open();
  socket.send(R"({"type":"hello","jwt":null})");
  socket.send(RawSocket::request_message(0, kOpen));
  for (int id = 1; id <= kRequests; ++id) {
    socket.send(
        RawSocket::request_message(id, execute_on(0, "SELECT printf('%.*c', 1000000, 'x')")));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  EXPECT_EQ(socket.receive(), R"({"type":"hello_ok"})");
  EXPECT_THAT(socket.receive(), HasSubstr(R"("type":"open_stream")"));
  for (int id = 1; id <= kRequests; ++id) {
    const std::string answer = socket.receive();
    EXPECT_THAT(answer.substr(0, 60), HasSubstr("\"request_id\":" + std::to_string(id) + ","));
    EXPECT_GT(answer.size(), 1'000'000);
  }
}

TEST_F(SocketTest, AMessageBeforeTheHelloCloses) {
  RawSocket socket = open();
  EXPECT_EQ(socket.ask(0, kOpen), "");
  EXPECT_EQ(socket.close_code(), 1008);
}

TEST_F(SocketTest, SaysHelloAgain) {
  RawSocket socket = open();
  EXPECT_EQ(socket.hello(), R"({"type":"hello_ok"})");
  EXPECT_EQ(socket.hello(), R"({"type":"hello_ok"})");
  RawSocket oldest = open("hrana1");
  EXPECT_EQ(oldest.hello(), R"({"type":"hello_ok"})");
  EXPECT_EQ(oldest.hello(), "");
  EXPECT_EQ(oldest.close_reason(), "version 1 of the protocol has one hello");
}

TEST_F(SocketTest, ClosesWithACodeForWhatItCannotRead) {
  RawSocket malformed = open();
  malformed.send("{");
  EXPECT_EQ(malformed.receive(), "");
  EXPECT_EQ(malformed.close_code(), 1007);
  RawSocket binary = open();
  binary.send("{}", false);
  EXPECT_EQ(binary.receive(), "");
  EXPECT_EQ(binary.close_code(), 1003);
}

TEST_F(SocketTest, ClosesWithTheReasonForWhatTheProtocolForbids) {
  for (const auto& [request, reason] : std::vector<std::pair<std::string, std::string>>{
           {execute_on(5, "SELECT 1"), "no stream is open with the id 5"},
           {R"({"type":"fetch_cursor","cursor_id":2,"max_count":1})",
            "no cursor is open with the id 2"},
           {R"({"type":"execute","stream_id":0,"stmt":{"sql_id":9}})",
            "no SQL is stored with the id 9"},
           {kOpen, "a stream is open with the id 0"}}) {
    RawSocket socket = open();
    static_cast<void>(socket.hello());
    static_cast<void>(socket.ask(0, kOpen));
    EXPECT_EQ(socket.ask(1, request), "");
    EXPECT_EQ(socket.close_code(), 1008);
    EXPECT_EQ(socket.close_reason(), reason);
  }
}

TEST_F(SocketTest, AnOldProtocolHasNoRequestsOfANewerOne) {
  RawSocket socket = open("hrana2");
  static_cast<void>(socket.hello());
  static_cast<void>(socket.ask(0, kOpen));
  EXPECT_EQ(socket.ask(1, R"({"type":"get_autocommit","stream_id":0})"), "");
  EXPECT_EQ(socket.close_reason(), "this request needs version 3 of the protocol");
  RawSocket with_condition = open("hrana2");
  static_cast<void>(with_condition.hello());
  static_cast<void>(with_condition.ask(0, kOpen));
  EXPECT_EQ(with_condition.ask(1, R"({"type":"batch","stream_id":0,"batch":{"steps":[{"condition":)"
                                  R"({"type":"and","conds":[{"type":"is_autocommit"}]},)"
                                  R"("stmt":{"sql":"SELECT 1"}}]}})"),
            "");
  EXPECT_EQ(with_condition.close_reason(), "this request needs version 3 of the protocol");
}

TEST_F(SocketTest, StreamsAreConnectionsOfTheirOwn) {
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  static_cast<void>(socket.ask(0, kOpen));
  static_cast<void>(socket.ask(1, R"({"type":"open_stream","stream_id":-7})"));
  static_cast<void>(socket.ask(2, execute_on(0, "BEGIN")));
  EXPECT_THAT(socket.ask(3, R"({"type":"get_autocommit","stream_id":0})"),
              HasSubstr(R"("is_autocommit":false)"));
  EXPECT_THAT(socket.ask(4, R"({"type":"get_autocommit","stream_id":-7})"),
              HasSubstr(R"("is_autocommit":true)"));
}

TEST_F(SocketTest, StoredTextsMeanWhatTheyMeantWhenTheRequestCame) {
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  for (const char* const request :
       {kOpen, R"({"type":"store_sql","sql_id":1,"sql":"SELECT 'first'"})",
        R"({"type":"execute","stream_id":0,"stmt":{"sql_id":1}})",
        R"({"type":"close_sql","sql_id":1})",
        R"({"type":"store_sql","sql_id":1,"sql":"SELECT 'second'"})",
        R"({"type":"execute","stream_id":0,"stmt":{"sql_id":1}})"}) {
    socket.send(RawSocket::request_message(0, request));
  }
  std::string all;
  for (int i = 0; i < 6; ++i) all += socket.receive() + "\n";
  EXPECT_LT(all.find(R"("value":"first")"), all.find(R"("value":"second")"));
}

TEST_F(SocketTest, ACursorGivesItsEntriesInPortions) {
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  static_cast<void>(socket.ask(0, kOpen));
  EXPECT_EQ(
      socket.ask(1, R"({"type":"open_cursor","stream_id":0,"cursor_id":4,"batch":{"steps":)"
                    R"~([{"stmt":{"sql":"VALUES (1), (2)"}},{"stmt":{"sql":"SELECT nope"}}]}})~"),
      R"({"type":"response_ok","request_id":1,"response":{"type":"open_cursor"}})");
  const auto fetch = [&](int count) {
    return socket.ask(
        2, R"({"type":"fetch_cursor","cursor_id":4,"max_count":)" + std::to_string(count) + "}");
  };
  EXPECT_THAT(fetch(2), HasSubstr(R"("entries":[{"type":"step_begin","step":0,"cols":)"
                                  R"([{"name":"column1","decltype":null}]},{"type":"row","row":)"
                                  R"([{"type":"integer","value":"1"}]}],"done":false)"));
  EXPECT_THAT(fetch(1), HasSubstr(R"("entries":[{"type":"row","row":[{"type":"integer",)"
                                  R"("value":"2"}]}],"done":false)"));
  const std::string last = fetch(1000);
  EXPECT_THAT(last,
              HasSubstr(R"([{"type":"step_end","affected_row_count":0,"last_insert_rowid":null},)"
                        R"({"type":"step_error","step":1)"));
  EXPECT_THAT(last, HasSubstr("\"done\":true"));
  EXPECT_THAT(fetch(1), HasSubstr(R"("entries":[],"done":true)"));
  EXPECT_THAT(socket.ask(3, R"({"type":"close_cursor","cursor_id":4})"), HasSubstr("close_cursor"));
  EXPECT_THAT(socket.ask(4, execute_on(0, "SELECT 5")), HasSubstr(R"("value":"5")"));
}

TEST_F(SocketTest, ClosingAStreamEndsItsCursor) {
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  static_cast<void>(socket.ask(0, kOpen));
  static_cast<void>(socket.ask(
      1, R"({"type":"open_cursor","stream_id":0,"cursor_id":4,"batch":{"steps":[{"stmt":)"
         R"({"sql":")" +
             std::string(kEndless) + "\"}}]}}"));
  static_cast<void>(socket.ask(2, R"({"type":"fetch_cursor","cursor_id":4,"max_count":10})"));
  EXPECT_THAT(socket.ask(3, R"({"type":"close_stream","stream_id":0})"), HasSubstr("close_stream"));
  EXPECT_EQ(socket.ask(4, R"({"type":"fetch_cursor","cursor_id":4,"max_count":10})"), "");
}

TEST_F(SocketTest, AClosedStreamGivesItsPlaceToTheNextOneAtOnce) {
  server::Options options;
  options.most_streams = 1;
  start(options);
  RawSocket socket = open();
  ASSERT_EQ(socket.hello(), R"({"type":"hello_ok"})");
  socket.send(RawSocket::request_message(0, kOpen));
  socket.send(RawSocket::request_message(1, execute_on(0, "SELECT 1")));
  socket.send(RawSocket::request_message(2, R"({"type":"close_stream","stream_id":0})"));
  socket.send(RawSocket::request_message(3, R"({"type":"open_stream","stream_id":1})"));
  for (int answer = 0; answer < 4; ++answer) {
    EXPECT_THAT(socket.receive(), StartsWith(R"({"type":"response_ok",)"));
  }
}

TEST_F(SocketTest, RequestsOnAStreamThatDidNotOpenFailOneByOne) {
  server::Options options;
  options.most_streams = 0;
  start(options);
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  EXPECT_THAT(socket.ask(0, kOpen), HasSubstr("TOO_MANY_STREAMS"));
  EXPECT_THAT(socket.ask(1, execute_on(0, "SELECT 1")), HasSubstr("STREAM_NOT_OPEN"));
  EXPECT_THAT(
      socket.ask(2, R"({"type":"open_cursor","stream_id":0,"cursor_id":1,"batch":{"steps":[]}})"),
      HasSubstr("STREAM_NOT_OPEN"));
  EXPECT_THAT(socket.ask(3, R"({"type":"fetch_cursor","cursor_id":1,"max_count":1})"),
              HasSubstr("CURSOR_NOT_OPEN"));
  EXPECT_THAT(socket.ask(4, R"({"type":"close_stream","stream_id":0})"), HasSubstr("response_ok"));
}

TEST_F(SocketTest, ALostConnectionRollsBackAndStopsItsQueries) {
  static_cast<void>(pipeline(execute("CREATE TABLE t(a)") + kAndClose));
  {
    RawSocket socket = open();
    static_cast<void>(socket.hello());
    static_cast<void>(socket.ask(0, kOpen));
    static_cast<void>(socket.ask(1, execute_on(0, "BEGIN")));
    static_cast<void>(socket.ask(2, execute_on(0, "INSERT INTO t VALUES (1)")));
    socket.send(RawSocket::request_message(
        3, execute_on(0, "SELECT count(*) FROM (" + std::string(kEndless) + ")")));
    socket.drop();
  }
  EXPECT_THAT(pipeline(execute("INSERT INTO t VALUES (2)") + kAndClose).body,
              HasSubstr(R"("affected_row_count":1)"));
  EXPECT_EQ(value_of("SELECT sum(a) FROM t"), R"({"type":"integer","value":"2"})");
}

TEST_F(SocketTest, StoppingWaitsForTheAnswersThatAreUnderWay) {
  server::Options options;
  options.transaction_time = std::chrono::milliseconds(200);
  start(options);
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  static_cast<void>(socket.ask(0, kOpen));
  static_cast<void>(socket.ask(1, R"({"type":"open_stream","stream_id":1})"));
  static_cast<void>(socket.ask(2, execute_on(0, "CREATE TABLE t(a)")));
  static_cast<void>(socket.ask(3, execute_on(0, "BEGIN IMMEDIATE")));
  // It waits until the transaction's time is over.
  socket.send(RawSocket::request_message(4, execute_on(1, "INSERT INTO t VALUES (1)")));
  EXPECT_THAT(socket.ask(5, R"({"type":"close_sql","sql_id":0})"), HasSubstr("close_sql"));
  std::thread stopping([this] { server().stop(std::chrono::seconds(20)); });
  EXPECT_THAT(socket.receive(), HasSubstr(R"("affected_row_count":1)"));
  EXPECT_EQ(socket.receive(), "");
  EXPECT_EQ(socket.close_code(), 1001);
  stopping.join();
}

TEST_F(SocketTest, StoppingTellsTheClient) {
  RawSocket socket = open();
  static_cast<void>(socket.hello());
  std::thread stopping([this] { server().stop(std::chrono::seconds(20)); });
  EXPECT_EQ(socket.receive(), "");
  EXPECT_EQ(socket.close_code(), 1001);
  stopping.join();
}

}  // namespace
}  // namespace libsql
