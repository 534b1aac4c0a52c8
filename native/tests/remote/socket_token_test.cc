// Tokens that change while a WebSocket is open.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "remote/socket_stream.h"
#include "testing/hrana_peer.h"
#include "testing/socket_test.h"
#include "testing/wait.h"
#include "testing/web_socket_server.h"

namespace libsql::remote {
namespace {

using libsql::testing::Gate;
using libsql::testing::HranaPeer;
using libsql::testing::ServerSocket;
using libsql::testing::SocketTest;
using libsql::testing::WebSocketServer;

class SocketTokenTest : public SocketTest {};

TEST_F(SocketTokenTest, SaysHelloAgainWhenTheTokenChanges) {
  std::vector<std::string> seen;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    while (const auto received = peer.next()) {
      if (received->is_hello) seen.push_back(received->text());
      peer.ok(*received);
    }
  });
  std::string token = "t1";
  options_.auth_token = TokenFunction([&](const TokenAnswer& answer) {
    if (token.empty()) {
      answer.refuse(Error(ErrorKind::denied, "no token today"));
    } else {
      answer.give(AuthToken(token));
    }
  });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  token = "t2";
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "ok, open");
  EXPECT_EQ(seen, (std::vector<std::string>{"hello t1", "hello t2"}));
  EXPECT_EQ(server.connections(), 1);
  token.clear();
  EXPECT_EQ(run(*stream, {execute("A")})->how(), "denied no unauthorised: no token today");
}

// Version 1 knows one hello: the next token needs another socket.
TEST_F(SocketTokenTest, EndsASocketWithoutStreamsThatCannotTakeTheTokenOfToday) {
  std::vector<std::string> hellos;
  Gate ended;
  WebSocketServer::Options options;
  options.subprotocol = "hrana1";
  WebSocketServer server(options, [&](ServerSocket& socket) {
    HranaPeer peer(socket);
    const auto hello = peer.next();
    hellos.push_back(hello->text());
    peer.ok(*hello);
    peer.serve();
    if (socket.number == 1) ended.open();
  });
  std::string token = "t1";
  options_.auth_token =
      TokenFunction([&](const TokenAnswer& answer) { answer.give(AuthToken(token)); });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  EXPECT_EQ(run(*stream, {execute("A")}, Close::yes)->how(), "ok, closed");
  token = "t2";
  EXPECT_EQ(run(*stream, {execute("B")}, Close::yes)->how(), "ok, closed");
  EXPECT_TRUE(ended.wait());
  EXPECT_EQ(server.connections(), 2);
  EXPECT_EQ(hellos, (std::vector<std::string>{"hello t1", "hello t2"}));
}

}  // namespace
}  // namespace libsql::remote
