// Streams over WebSockets against a server that answers whatever a test says.
#include "remote/socket_stream.h"

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "testing/hrana_peer.h"
#include "testing/matchers.h"
#include "testing/socket_test.h"
#include "testing/wait.h"
#include "testing/web_socket_server.h"

namespace libsql::remote {
namespace {

using hrana::RequestType;
using libsql::testing::HranaPeer;
using libsql::testing::ServerSocket;
using libsql::testing::SocketTest;
using libsql::testing::StreamAnswer;
using libsql::testing::throws_error;
using libsql::testing::WebSocketServer;

class SocketStreamTest : public SocketTest {};

TEST_F(SocketStreamTest, SendsAQueryInOneRoundTripAndClosesItsStream) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) {
    seen = {socket.offered, socket.target, socket.authorization};
    HranaPeer peer(socket);
    std::vector<HranaPeer::Received> burst;
    // Nothing is answered before all is there.
    while (burst.size() < 4) {
      burst.push_back(*peer.next());
      seen.push_back(burst.back().text());
    }
    for (const auto& received : burst) peer.ok(received);
    peer.serve();
  });
  options_.auth_token = AuthToken("t1");
  SocketTransport transport = transport_to(server, "/db");
  EXPECT_FALSE(transport.version().has_value());
  const auto stream = transport.open_stream();
  const auto answer = send(*stream, {execute("SELECT 1")}, Close::yes);
  ASSERT_TRUE(answer->wait());
  EXPECT_EQ(answer->how(), "ok, closed");
  EXPECT_EQ(answer->text(),
            "begin execute 0\nstep 0: sql:-\nrow 'SELECT 1'\nstep_end affected 0\nend\n");
  EXPECT_EQ(answer->ends, 1);
  EXPECT_EQ(seen,
            (std::vector<std::string>{"hrana3, hrana2, hrana1", "/db", "Bearer t1", "hello t1",
                                      "open_stream 0", "execute 0 SELECT 1", "close_stream 0"}));
  EXPECT_EQ(transport.version(), 3);
}

TEST_F(SocketStreamTest, KeepsAStreamBetweenRequestsAndAnswersInTheirOrder) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(seen); });
  SocketTransport transport = transport_to(server);
  {
    const auto stream = transport.open_stream();
    EXPECT_EQ(run(*stream, {execute("BEGIN"), hrana::GetAutocommit{}})->how(), "ok, open");
    const auto answer = run(*stream, {execute("A"), execute("B")});
    EXPECT_EQ(answer->how(), "ok, open");
    EXPECT_EQ(answer->text(),
              "begin execute 0\nstep 0: sql:-\nrow 'A'\nstep_end affected 0\nend\n"
              "begin execute 0\nstep 0: sql:-\nrow 'B'\nstep_end affected 0\nend\n");
    EXPECT_EQ(run(*stream, {execute("COMMIT")}, Close::yes)->how(), "ok, closed");
    // Only when the server has answered is the stream's id free.
    EXPECT_TRUE(nothing_is_in_use(transport));
    EXPECT_EQ(run(*stream, {execute("C")})->how(), "ok, open");
  }
  EXPECT_TRUE(nothing_is_in_use(transport));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(seen, (std::vector<std::string>{"hello", "open_stream 0", "execute 0 BEGIN",
                                            "get_autocommit 0", "execute 0 A", "execute 0 B",
                                            "execute 0 COMMIT", "close_stream 0", "open_stream 0",
                                            "execute 0 C", "close_stream 0"}));
}

TEST_F(SocketStreamTest, SharesOneSocketBetweenAThousandRequestsInFlight) {
  std::atomic<int> waiting{0};
  constexpr int kStreams = 1000;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    // Answers only when all are there, and the last first.
    std::vector<HranaPeer::Received> kept;
    while (kept.size() < 3 * kStreams + 1) {
      kept.push_back(*peer.next());
      ++waiting;
    }
    for (auto last = kept.rbegin(); last != kept.rend(); ++last) peer.ok(*last);
    peer.serve();
  });
  SocketTransport transport = transport_to(server);
  std::vector<std::unique_ptr<Stream>> streams;
  std::vector<std::shared_ptr<StreamAnswer>> answers;
  const int threads = libsql::testing::thread_count();
  for (int i = 0; i < kStreams; ++i) {
    streams.push_back(transport.open_stream());
    answers.push_back(send(*streams.back(), {execute("SELECT " + std::to_string(i))}, Close::yes));
  }
  for (int i = 0; i < kStreams; ++i) {
    ASSERT_TRUE(answers[static_cast<std::size_t>(i)]->wait()) << i << ' ' << waiting;
    EXPECT_NE(answers[static_cast<std::size_t>(i)]->text().find("'SELECT " + std::to_string(i)),
              std::string::npos);
  }
  // One for the connection to the server's double.
  EXPECT_LE(libsql::testing::thread_count(), threads + 1);
  EXPECT_EQ(server.connections(), 1);
  EXPECT_TRUE(nothing_is_in_use(transport));
}

TEST_F(SocketStreamTest, SendsTheNextRequestFromWithinTheEndOfTheOneBefore) {
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(); });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  const auto first = std::make_shared<StreamAnswer>();
  const auto second = std::make_shared<StreamAnswer>();
  first->then = [&] { start(*stream, {execute("B")}, second); };
  start(*stream, {execute("A")}, first);
  ASSERT_TRUE(second->wait());
  EXPECT_EQ(second->how(), "ok, open");
}

TEST_F(SocketStreamTest, GivesErrorsOfTheServerToTheAnswer) {
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (const auto received = peer.next()) {
      if (received->type == RequestType::execute && !received->is_hello) {
        peer.error(*received, "no such table: t", "SQL_INPUT_ERROR");
      } else {
        peer.ok(*received);
      }
    }
  });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  const auto answer = run(*stream, {execute("A"), hrana::GetAutocommit{}});
  EXPECT_EQ(answer->how(), "ok, open");
  EXPECT_EQ(answer->text(),
            "error SQL_INPUT_ERROR - no such table: t\nbegin get_autocommit 0\nautocommit\nend\n");
}

TEST_F(SocketStreamTest, SpeaksProtobufWhereItIsAskedAndOffered) {
  WebSocketServer::Options options;
  options.subprotocol = "hrana3-protobuf";
  WebSocketServer server(options, [&](ServerSocket& socket) {
    EXPECT_EQ(socket.offered, "hrana3-protobuf, hrana3, hrana2, hrana1");
    HranaPeer(socket, hrana::Encoding::protobuf).serve();
  });
  options_.encoding = RemoteEncoding::protobuf;
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
}

TEST_F(SocketStreamTest, EncodesAnewForAServerWithoutProtobuf) {
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(); });
  options_.encoding = RemoteEncoding::protobuf;
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  const auto answer = run(*stream, {execute("A")});
  EXPECT_EQ(answer->how(), "ok, open");
  EXPECT_NE(answer->text().find("row 'A'"), std::string::npos);
  EXPECT_EQ(run(*stream, {execute("B")})->how(), "ok, open");
}

TEST_F(SocketStreamTest, LeavesOutForVersion2WhatOnlyVersion3Has) {
  std::vector<std::string> seen;
  WebSocketServer::Options options;
  options.subprotocol = "hrana2";
  WebSocketServer server(options, [&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (auto message = socket.read()) {
      seen.push_back(*message);
      const auto codec = hrana::make_server_codec(hrana::Encoding::json);
      const auto decoded = codec->decode_message(*message);
      HranaPeer::Received received;
      received.is_hello = std::holds_alternative<hrana::Hello>(decoded);
      if (!received.is_hello) {
        const auto& request = std::get<hrana::SocketRequest>(decoded);
        received.request_id = request.request_id;
        received.type = hrana::type_of(request.request);
        const bool has_rows =
            received.type == RequestType::batch || received.type == RequestType::execute;
        if (has_rows) received.sql = {"A"};
      }
      peer.ok(received);
    }
  });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  hrana::BatchStep step;
  step.condition = hrana::Condition::negation(hrana::Condition::is_autocommit());
  step.stmt.sql = "A";
  const std::vector<hrana::Request> requests{hrana::RunBatch{{{step}, {}}}, hrana::GetAutocommit{}};
  for (int round = 0; round < 2; ++round) {
    const auto answer = run(*stream, requests);
    EXPECT_EQ(answer->how(), "ok, open");
    EXPECT_EQ(answer->text().find("autocommit"), std::string::npos);
    EXPECT_EQ(seen.back().find("autocommit"), std::string::npos) << seen.back();
  }
  EXPECT_EQ(transport.version(), 2);
  const hrana::Batch batch{{step}, {}};
  const auto refused = std::make_shared<StreamAnswer>();
  stream->open_cursor({batch, 10, deadline()}, refused);
  ASSERT_TRUE(refused->wait());
  EXPECT_EQ(refused->how(),
            "unsupported no: the server speaks version 2 of Hrana, and open_cursor needs version "
            "3");
  EXPECT_EQ(run(*stream, {execute("B")})->how(), "ok, open");
}

TEST_F(SocketStreamTest, TakesAServerThatNamesNoSubprotocolForVersion1) {
  WebSocketServer::Options options;
  options.subprotocol = "";
  WebSocketServer server(options, [&](ServerSocket& socket) { HranaPeer(socket).serve(); });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  EXPECT_EQ(transport.version(), 1);
  EXPECT_EQ(run(*stream, {hrana::Sequence{"A", {}}})->how(),
            "unsupported no: the server speaks version 1 of Hrana, and sequence needs version 2");
}

TEST_F(SocketStreamTest, SendsAtMostEightRequestsOfAStreamAtATime) {
  std::vector<std::size_t> bursts;
  libsql::testing::Gate all_answered;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    peer.ok(*peer.next());
    // Whatever is there is answered at once, when nothing more comes.
    for (std::size_t left = 22; left > 0;) {
      std::vector<HranaPeer::Received> burst;
      while (burst.size() < std::min<std::size_t>(8, left)) burst.push_back(*peer.next());
      EXPECT_FALSE(socket.has_more());
      for (const auto& received : burst) peer.ok(received);
      left -= burst.size();
      bursts.push_back(burst.size());
    }
    all_answered.open();
    socket.wait();
  });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  const std::vector<hrana::Request> many(20, execute("A"));
  const auto answer = run(*stream, many, Close::yes);
  EXPECT_EQ(answer->how(), "ok, closed");
  EXPECT_EQ(answer->rows, 20);
  EXPECT_TRUE(nothing_is_in_use(transport));
  ASSERT_TRUE(all_answered.wait());
  EXPECT_EQ(bursts, (std::vector<std::size_t>{8, 8, 6}));
}

TEST_F(SocketStreamTest, RefusesARequestThatIsLargerThanServersTake) {
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(); });
  environment_.socket.max_message_bytes = 1000;
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  const std::string large(1000, 'x');
  EXPECT_THAT([&] { return send(*stream, {execute(large)}); },
              throws_error(ErrorKind::too_big, "is more than the 1000"));
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  EXPECT_TRUE(
      libsql::testing::eventually([&] { return transport.origin().requests().in_use() == 0; }));
}

TEST_F(SocketStreamTest, FetchesTheRowsOfACursorAsTheyAreWanted) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(seen); });
  SocketTransport transport = transport_to(server);
  {
    const auto stream = transport.open_stream();
    hrana::BatchStep step;
    step.stmt.sql = "SELECT n";
    const hrana::Batch batch{{step}, {}};
    auto answer = std::make_shared<StreamAnswer>();
    stream->open_cursor({batch, 2, deadline()}, answer);
    ASSERT_TRUE(answer->wait());
    EXPECT_EQ(answer->how(), "ok, open");
    EXPECT_EQ(answer->text(), "step 0: n:-\nrow 1\nfetched, not done\n");
    answer = std::make_shared<StreamAnswer>();
    stream->fetch(10, deadline(), answer);
    ASSERT_TRUE(answer->wait());
    EXPECT_EQ(answer->text(), "row 2\nrow 3\nstep_end affected 0\nfetched, done\n");
    EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
    // One that is not read to its end.
    answer = std::make_shared<StreamAnswer>();
    stream->open_cursor({batch, 1, deadline()}, answer);
    ASSERT_TRUE(answer->wait());
    stream->close_cursor();
    EXPECT_EQ(run(*stream, {execute("B")})->how(), "ok, open");
  }
  EXPECT_TRUE(nothing_is_in_use(transport));
  EXPECT_EQ(seen, (std::vector<std::string>{
                      "hello", "open_stream 0", "open_cursor 0 SELECT n", "fetch_cursor 2",
                      "fetch_cursor 10", "close_cursor", "execute 0 A", "open_cursor 0 SELECT n",
                      "fetch_cursor 1", "close_cursor", "execute 0 B", "close_stream 0"}));
}

TEST_F(SocketStreamTest, ReportsACursorThatCannotBeOpenedOnce) {
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (const auto received = peer.next()) {
      if (received->is_hello) {
        peer.ok(*received);
      } else if (received->type == RequestType::open_cursor) {
        peer.error(*received, "near \"nope\": syntax error", "SQL_PARSE_ERROR");
      } else if (received->type == RequestType::fetch_cursor) {
        peer.error(*received, "the cursor is not open", "CURSOR_NOT_OPEN");
      } else {
        peer.ok(*received);
      }
    }
  });
  SocketTransport transport = transport_to(server);
  {
    const auto stream = transport.open_stream();
    hrana::BatchStep step;
    step.stmt.sql = "nope";
    const hrana::Batch batch{{step}, {}};
    const auto answer = std::make_shared<StreamAnswer>();
    stream->open_cursor({batch, 2, deadline()}, answer);
    ASSERT_TRUE(answer->wait());
    EXPECT_EQ(answer->how(), "ok, open");
    EXPECT_EQ(answer->text(), "error SQL_PARSE_ERROR - near \"nope\": syntax error\n");
    EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  }
  EXPECT_TRUE(nothing_is_in_use(transport));
}

TEST_F(SocketStreamTest, RetiresASocketThatNobodyUses) {
  libsql::testing::Gate ended;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer(socket).serve();
    ended.open();
  });
  environment_.longest_age = std::chrono::milliseconds(20);
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  EXPECT_EQ(run(*stream, {execute("A")}, Close::yes)->how(), "ok, closed");
  ASSERT_TRUE(ended.wait());
  EXPECT_EQ(run(*stream, {execute("A")}, Close::yes)->how(), "ok, closed");
  EXPECT_EQ(server.connections(), 2);
}

TEST_F(SocketStreamTest, ClosesTheSocketWithTheLastUser) {
  libsql::testing::Gate ended;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer(socket).serve();
    ended.open();
  });
  auto transport = std::make_unique<SocketTransport>(
      parse_url("ws://127.0.0.1:" + std::to_string(server.port())), options_, environment_);
  auto stream = transport->open_stream();
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  transport.reset();
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  EXPECT_FALSE(ended.is_open());
  stream.reset();
  ASSERT_TRUE(ended.wait());
}

}  // namespace
}  // namespace libsql::remote
