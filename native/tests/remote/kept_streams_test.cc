// Streams over a WebSocket that serve several requests, against a server that answers whatever a
// test says.
#include "remote/kept_streams.h"

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/hrana_peer.h"
#include "testing/socket_test.h"
#include "testing/web_socket_server.h"

namespace libsql::remote {
namespace {

using hrana::RequestType;
using libsql::testing::HranaPeer;
using libsql::testing::ServerSocket;
using libsql::testing::SocketTest;
using libsql::testing::WebSocketServer;

class KeptStreamsTest : public SocketTest {};

TEST_F(KeptStreamsTest, AStreamThatHasOnlyReadServesTheNextOneAndEndsWithAWrite) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(seen); });
  {
    SocketTransport transport = transport_to(server);
    const auto first = transport.open_stream();
    const auto second = transport.open_stream();
    EXPECT_EQ(run(*first, {execute("SELECT 1")}, Close::clean)->how(), "ok, closed");
    EXPECT_EQ(run(*second, {execute("SELECT 2")}, Close::clean)->how(), "ok, closed");
    EXPECT_EQ(run(*first, {execute("INSERT")}, Close::yes)->how(), "ok, closed");
    EXPECT_TRUE(nothing_is_in_use(transport));
    EXPECT_EQ(run(*first, {execute("SELECT 3")}, Close::clean)->how(), "ok, closed");
    // Its time ends without another request.
    EXPECT_TRUE(nothing_is_in_use(transport));
  }
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(seen,
            (std::vector<std::string>{"hello", "open_stream 0", "execute 0 SELECT 1",
                                      "execute 0 SELECT 2", "execute 0 INSERT", "close_stream 0",
                                      "open_stream 0", "execute 0 SELECT 3", "close_stream 0"}));
}

TEST_F(KeptStreamsTest, ATransactionTakesOverAStreamThatWasKept) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) { HranaPeer(socket).serve(seen); });
  {
    SocketTransport transport = transport_to(server);
    EXPECT_EQ(run(*transport.open_stream(), {execute("SELECT 1")}, Close::clean)->how(),
              "ok, closed");
    const auto stream = transport.open_stream();
    EXPECT_EQ(run(*stream, {execute("BEGIN")})->how(), "ok, open");
    // Another one needs a stream of its own meanwhile.
    EXPECT_EQ(run(*transport.open_stream(), {execute("A")}, Close::yes)->how(), "ok, closed");
    EXPECT_EQ(run(*stream, {execute("COMMIT")}, Close::yes)->how(), "ok, closed");
    EXPECT_TRUE(nothing_is_in_use(transport));
  }
  EXPECT_EQ(seen,
            (std::vector<std::string>{"hello", "open_stream 0", "execute 0 SELECT 1",
                                      "execute 0 BEGIN", "open_stream 1", "execute 1 A",
                                      "close_stream 1", "execute 0 COMMIT", "close_stream 0"}));
}

TEST_F(KeptStreamsTest, AStreamIsNotKeptAfterAnError) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (const auto received = peer.next()) {
      seen.push_back(received->text());
      if (received->type == RequestType::execute && !received->is_hello) {
        peer.error(*received, "no such table: t", "SQL_INPUT_ERROR");
      } else {
        peer.ok(*received);
      }
    }
  });
  {
    SocketTransport transport = transport_to(server);
    const auto stream = transport.open_stream();
    EXPECT_EQ(run(*stream, {execute("SELECT 1")}, Close::clean)->how(), "ok, closed");
    EXPECT_TRUE(nothing_is_in_use(transport));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"hello", "open_stream 0", "execute 0 SELECT 1",
                                            "close_stream 0"}));
}

TEST_F(KeptStreamsTest, AKeptStreamWhoseSocketWasLostIsOpenedAgain) {
  std::mutex mutex;  // Each socket has a thread.
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (const auto received = peer.next()) {
      {
        const std::lock_guard lock(mutex);
        seen.push_back(received->text());
      }
      // The first socket breaks where the second query comes.
      if (socket.number == 1 && received->text() == "execute 0 SELECT 2") return socket.drop();
      peer.ok(*received);
    }
  });
  {
    SocketTransport transport = transport_to(server);
    const auto stream = transport.open_stream();
    EXPECT_EQ(run(*stream, {execute("SELECT 1")}, Close::clean)->how(), "ok, closed");
    EXPECT_EQ(run(*stream, {execute("SELECT 2")}, Close::clean)->how(), "ok, closed");
    EXPECT_TRUE(nothing_is_in_use(transport));
  }
  EXPECT_EQ(server.connections(), 2);
  const std::lock_guard lock(mutex);
  EXPECT_EQ(seen, (std::vector<std::string>{"hello", "open_stream 0", "execute 0 SELECT 1",
                                            "execute 0 SELECT 2", "hello", "open_stream 0",
                                            "execute 0 SELECT 2", "close_stream 0"}));
}

TEST_F(KeptStreamsTest, AKeptStreamThatIsTakenOverInVainIsClosed) {
  std::atomic<int> closed{0};
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (const auto received = peer.next()) {
      if (received->type == RequestType::close_stream && !received->is_hello) ++closed;
      peer.ok(*received);
    }
  });
  std::atomic<bool> refuses{false};
  options_.auth_token = TokenFunction([&](const TokenAnswer& answer) {
    if (refuses) return answer.refuse(Error(ErrorKind::denied, "no token today"));
    answer.give(AuthToken("t1"));
  });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  EXPECT_EQ(run(*stream, {execute("SELECT 1")}, Close::clean)->how(), "ok, closed");
  EXPECT_EQ(closed, 0);
  refuses = true;
  EXPECT_EQ(run(*stream, {execute("SELECT 2")}, Close::clean)->how(),
            "denied no unauthorised: no token today");
  EXPECT_TRUE(nothing_is_in_use(transport));
  EXPECT_EQ(closed, 1);
}

}  // namespace
}  // namespace libsql::remote
