// WebSockets to servers that refuse, lie, break off or say nothing: each ends in a clear error that
// says what may have run, and the next request works.
#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "remote/tls.h"
#include "testing/hrana_peer.h"
#include "testing/proxy_server.h"
#include "testing/socket_test.h"
#include "testing/temporary_directory.h"
#include "testing/wait.h"
#include "testing/web_socket_server.h"

namespace libsql::remote {
namespace {

using hrana::RequestType;
using libsql::testing::HranaPeer;
using libsql::testing::ServerSocket;
using libsql::testing::SocketTest;
using libsql::testing::StreamAnswer;
using libsql::testing::WebSocketServer;

constexpr const char* kCanary = "canary-token";

// A frame of a server (RFC 6455, section 5.2) with a short text.
std::string frame(const std::string& payload) {
  return std::string("\x81") + static_cast<char>(payload.size()) + payload;
}

class WebSocketHostileTest : public SocketTest {
 protected:
  WebSocketHostileTest() { options_.auth_token = AuthToken(kCanary); }

  // How one request ends that is sent once, on a stream of its own.
  std::string outcome(SocketTransport& transport, bool repeatable = false,
                      Deadline until = deadline()) {
    const auto stream = transport.open_stream();
    const Requests requests{execute("A")};
    const auto answer = std::make_shared<StreamAnswer>();
    stream->send({requests, until, true, repeatable}, answer);
    EXPECT_TRUE(answer->wait());
    EXPECT_EQ(answer->ends, 1);
    EXPECT_EQ(answer->how().find(kCanary), std::string::npos) << answer->how();
    return answer->how();
  }
  // The same where the first connection does this and the next ones behave; also that the request
  // after it works.
  std::string outcome(const WebSocketServer::Script& bad, bool repeatable = false) {
    WebSocketServer server([&](ServerSocket& socket) {
      if (socket.number == 1) {
        bad(socket);
      } else {
        HranaPeer(socket).serve();
      }
    });
    SocketTransport transport = transport_to(server);
    std::string how = outcome(transport, repeatable);
    // It may still take the socket whose end nobody has seen yet: then it is sent again.
    EXPECT_EQ(outcome(transport, true), "ok, closed");
    EXPECT_TRUE(nothing_is_in_use(transport));
    connections_ = server.connections();
    return how;
  }
  // How a request ends whose upgrade is answered so.
  std::string refusal(const std::string& bytes) {
    WebSocketServer::Options options;
    options.refusal = [&](int /*number*/) { return bytes; };
    WebSocketServer server(options, [](ServerSocket& /*socket*/) {});
    SocketTransport transport = transport_to(server);
    std::string how = outcome(transport);
    EXPECT_TRUE(nothing_is_in_use(transport));
    connections_ = server.connections();
    const std::string address = "127.0.0.1:" + std::to_string(server.port());
    for (std::size_t at = how.find(address); at != std::string::npos; at = how.find(address)) {
      how.replace(at, address.size(), "HOST");
    }
    return how;
  }
  int connections_ = 0;  // That the last server has seen.
};

TEST_F(WebSocketHostileTest, NamesTheStatusOfARefusedUpgradeAndWhatToUseInstead) {
  const auto status = [](const std::string& line) {
    return "HTTP/1.1 " + line + "\r\nContent-Length: 0\r\n\r\n";
  };
  EXPECT_EQ(
      refusal(status("505 HTTP Version Not Supported")),
      "unsupported no: HOST does not open a WebSocket: HTTP status 505: use http:// with this "
      "server, for HTTP");
  EXPECT_EQ(
      refusal(status("401 Unauthorized")),
      "denied no unauthorised: HOST does not open a WebSocket: HTTP status 401. The token may "
      "be wrong, or the server has no WebSockets: use http:// with this server, for HTTP");
  EXPECT_EQ(refusal(status("301 Moved\r\nLocation: ws://elsewhere")).substr(0, 63),
            "unsupported no: HOST does not open a WebSocket: HTTP status 301");
  EXPECT_EQ(connections_, 1);
  // What comes and goes is tried again.
  EXPECT_EQ(refusal(status("503 Service Unavailable")),
            "cannot_open no: HOST does not open a WebSocket: HTTP status 503");
  EXPECT_EQ(connections_, 3);
  EXPECT_EQ(refusal(status("429 Too Many Requests")),
            "busy no: HOST does not open a WebSocket: HTTP status 429");
}

TEST_F(WebSocketHostileTest, SaysThatNothingHasRunWhereTheUpgradeIsNone) {
  for (const std::string& bytes :
       {std::string("SSH-2.0-OpenSSH\r\n\r\n"), std::string("HTTP/1.1 101"),
        std::string("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n"),
        "HTTP/1.1 101 x\r\nX: " + std::string(200'000, 'x') + "\r\n\r\n"}) {
    const std::string how = refusal(bytes);
    EXPECT_NE(how.find(" no: "), std::string::npos) << how;
  }
  WebSocketServer::Options options;
  options.subprotocol = "chat";
  WebSocketServer server(options, [](ServerSocket& socket) { socket.wait(); });
  SocketTransport transport = transport_to(server);
  EXPECT_NE(outcome(transport).find("io no: "), std::string::npos);
  EXPECT_NE(outcome(transport).find("chose a subprotocol that was not offered"), std::string::npos);
}

TEST_F(WebSocketHostileTest, OpensTheSocketAtALaterAttempt) {
  WebSocketServer::Options options;
  options.refusal = [](int number) {
    return number < 3 ? "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n" : "";
  };
  WebSocketServer server(options, [](ServerSocket& socket) { HranaPeer(socket).serve(); });
  SocketTransport transport = transport_to(server);
  EXPECT_EQ(outcome(transport), "ok, closed");
  EXPECT_EQ(server.connections(), 3);
}

TEST_F(WebSocketHostileTest, FailsWhatIsUnderWayWhenTheServerBreaksTheProtocol) {
  struct Row {
    const char* message;
    const char* how;
  };
  // The request is number 1: 0 opens its stream, 2 closes it.
  const std::vector<Row> rows{
      {"{", "the server's answer is malformed"},
      {"\xff", "broke the rules of WebSockets"},
      {R"({"type":"response_ok","request_id":77,"response":{"type":"execute"}})",
       "request_id: is none of an open request"},
      {R"({"type":"response_ok","request_id":1,"response":{"type":"get_autocommit","is_autocommit":true}})",
       "type: is another than the request's"},
      {R"({"type":"hello_ok"})", "type: is hello_ok without a hello"},
      {R"({"type":"nonsense"})", "type: is none of a message"},
  };
  for (const Row& row : rows) {
    const std::string how = outcome([&](ServerSocket& socket) {
      HranaPeer peer(socket);
      ASSERT_TRUE(peer.next(RequestType::execute));
      socket.send(row.message);
      socket.wait();
    });
    EXPECT_EQ(how.find("io unknown outcome_unknown: "), 0U) << how;
    EXPECT_NE(how.find(row.how), std::string::npos) << how;
  }
}

TEST_F(WebSocketHostileTest, RefusesASecondAnswerToOneRequest) {
  const std::string how = outcome([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    const auto opened = peer.next(RequestType::open_stream);
    peer.ok(*opened);
    peer.ok(*opened);
    socket.wait();
  });
  EXPECT_NE(how.find("io unknown outcome_unknown: "), std::string::npos) << how;
  // Early ones too: the answer to the request has to wait for that to its opening.
  const std::string early = outcome([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    peer.ok(*peer.next());
    static_cast<void>(peer.next());
    const auto request = peer.next();
    peer.ok(*request);
    peer.ok(*request);
    socket.wait();
  });
  EXPECT_NE(early.find("request_id: is answered twice"), std::string::npos) << early;
}

TEST_F(WebSocketHostileTest, RefusesFramesOfTheWrongKindOrSize) {
  const auto answer_with = [&](auto&& answer) {
    return outcome([&](ServerSocket& socket) {
      HranaPeer peer(socket);
      const auto request = peer.next(RequestType::execute);
      answer(socket, peer.answer_to(*request));
      socket.wait();
    });
  };
  EXPECT_EQ(
      answer_with([](ServerSocket& socket, const std::string& text) { socket.send_binary(text); }),
      "io unknown outcome_unknown: the server sent a message of the wrong kind");
  environment_.socket.max_message_bytes = 500;
  EXPECT_NE(answer_with([](ServerSocket& socket, const std::string& text) {
              socket.send(text + std::string(500, ' '));
            }).find("sent a message of more than 500 bytes: read the rows with a cursor"),
            std::string::npos);
  // A reserved opcode, a masked frame, a control frame that is too long.
  for (const std::string& bytes :
       {std::string("\x83\x01x"), std::string("\x81\x81\x01\x01\x01\x01x"),
        "\x89\x7e" + std::string(200, 'x')}) {
    const std::string how = answer_with(
        [&](ServerSocket& socket, const std::string& /*text*/) { socket.send_raw(bytes); });
    EXPECT_NE(how.find("io unknown outcome_unknown: "), std::string::npos) << how;
  }
}

TEST_F(WebSocketHostileTest, SurvivesAnAnswerThatIsCutOffAfterEveryByte) {
  const std::string hello = frame(R"({"type":"hello_ok"})");
  const std::string opened =
      frame(R"({"type":"response_ok","request_id":0,"response":{"type":"open_stream"}})");
  // Longer than the short form of a frame's size.
  const std::string result =
      R"({"type":"response_ok","request_id":1,"response":{"type":"execute","result":{"cols":[],)"
      R"("rows":[],"affected_row_count":1,"last_insert_rowid":null}}})";
  const std::string answer =
      hello + opened + "\x81\x7e" + '\0' + static_cast<char>(result.size()) + result;
  for (std::size_t cut = 0; cut <= answer.size(); ++cut) {
    const std::string how = outcome([&](ServerSocket& socket) {
      for (int i = 0; i < 4; ++i) ASSERT_TRUE(socket.read());
      socket.send_raw(std::string_view(answer).substr(0, cut));
      socket.drop();
    });
    if (cut == answer.size()) {
      EXPECT_EQ(how, "ok, closed");
    } else {
      EXPECT_EQ(how.find("io unknown outcome_unknown: "), 0U) << cut << ' ' << how;
    }
  }
}

TEST_F(WebSocketHostileTest, FailsAtEveryMessageUntilARunPasses) {
  // The server goes behind its answer to none, hello, open_stream, execute.
  for (int messages = 0; messages <= 3; ++messages) {
    const std::string how = outcome([&](ServerSocket& socket) {
      HranaPeer peer(socket);
      for (int i = 0; i < messages; ++i) {
        const auto received = peer.next();
        if (!received) return;
        peer.ok(*received);
      }
      socket.drop();
    });
    // What had not left is sent again on another socket.
    const bool is_clear = how == "ok, closed" || how.find("io unknown outcome_unknown: ") == 0;
    EXPECT_TRUE(is_clear) << messages << ' ' << how;
    EXPECT_TRUE(messages < 3 || how == "ok, closed") << how;
  }
}

TEST_F(WebSocketHostileTest, SendsAgainWhatDoesNoHarmAndNothingElse) {
  std::atomic<int> executed{0};
  const auto lose = [&](ServerSocket& socket) {
    HranaPeer peer(socket);
    static_cast<void>(peer.next(RequestType::execute));
    ++executed;
    socket.drop();
  };
  EXPECT_EQ(outcome(lose, true), "ok, closed");
  EXPECT_EQ(connections_, 2);
  EXPECT_EQ(outcome(lose, false).find("io unknown outcome_unknown: "), 0U);
  EXPECT_EQ(executed, 2);
  // Once, not for ever.
  WebSocketServer server(lose);
  executed = 0;
  SocketTransport transport = transport_to(server);
  EXPECT_EQ(outcome(transport, true).find("io unknown: "), 0U);
  EXPECT_EQ(executed, 2);
}

TEST_F(WebSocketHostileTest, ReportsEachOfTheRequestsOnALostSocketByItself) {
  libsql::testing::Gate answered;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    if (socket.number > 1) return peer.serve();
    int executes = 0;
    while (const auto received = peer.next()) {
      const bool is_execute = !received->is_hello && received->type == RequestType::execute;
      if (is_execute && ++executes == 2) {
        EXPECT_TRUE(answered.wait());
        return socket.drop();
      }
      peer.ok(*received);
    }
  });
  SocketTransport transport = transport_to(server);
  const auto first = transport.open_stream();
  const auto second = transport.open_stream();
  EXPECT_EQ(run(*first, {execute("A")})->how(), "ok, open");
  answered.open();
  EXPECT_EQ(run(*second, {execute("B")})->how().find("io unknown outcome_unknown: "), 0U);
  // The first stream went with the socket, and nothing of its next request has run.
  EXPECT_EQ(run(*first, {execute("C")})->how(), "io no: the WebSocket of the stream was lost");
  EXPECT_EQ(run(*first, {execute("C")})->how(), "ok, open");
}

TEST_F(WebSocketHostileTest, SaysThatTheTokenIsRefused) {
  EXPECT_EQ(outcome([](ServerSocket& socket) {
              HranaPeer peer(socket);
              static_cast<void>(peer.next());
              peer.hello_error("The JWT has expired", "AUTH_JWT_EXPIRED");
              socket.close(1000, "");
            }),
            "denied no unauthorised: The JWT has expired");
}

TEST_F(WebSocketHostileTest, ReportsTheErrorOfAStreamThatCannotBeOpened) {
  EXPECT_EQ(outcome([](ServerSocket& socket) {
              HranaPeer peer(socket);
              const auto opened = peer.next(RequestType::open_stream);
              peer.error(*opened, "too many streams", "SQLITE_BUSY");
              while (const auto received = peer.next()) {
                if (received->type == RequestType::execute) {
                  peer.error(*received, "not open", "STREAM_NOT_OPEN");
                } else {
                  peer.ok(*received);
                }
              }
            }),
            "busy no: too many streams");
}

TEST_F(WebSocketHostileTest, NamesTheCodeAndTheReasonOfAClosingFrame) {
  const std::string how = outcome([](ServerSocket& socket) {
    HranaPeer peer(socket);
    static_cast<void>(peer.next(RequestType::execute));
    socket.close(1008, "no SQL is stored with the id 9");
  });
  EXPECT_NE(how.find("closed the WebSocket with code 1008: no SQL is stored with the id 9"),
            std::string::npos)
      << how;
}

TEST_F(WebSocketHostileTest, EndsAtTheDeadlineWhereTheServerSaysNothing) {
  WebSocketServer server([](ServerSocket& socket) {
    HranaPeer peer(socket);
    // Everything but the first execute.
    static_cast<void>(peer.next(RequestType::execute));
    peer.serve();
  });
  SocketTransport transport = transport_to(server);
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  EXPECT_EQ(outcome(transport, false, soon),
            "timeout unknown outcome_unknown: the server did not answer in time");
  // The socket is not to blame, and others use it.
  EXPECT_EQ(outcome(transport), "ok, closed");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(WebSocketHostileTest, GivesUpAServerThatAnswersNoPing) {
  environment_.socket.idle_time = std::chrono::milliseconds(100);
  std::atomic<bool> released{false};
  const std::string how = outcome([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    static_cast<void>(peer.next(RequestType::execute));
    socket.hang([&] { return released.load(); });
  });
  released = true;
  EXPECT_NE(how.find("io unknown outcome_unknown: "), std::string::npos) << how;
  EXPECT_NE(how.find("did not answer a ping"), std::string::npos) << how;
}

TEST_F(WebSocketHostileTest, CancelsWhatRunsAndClosesTheStream) {
  libsql::testing::Gate executing;
  libsql::testing::Gate closed;
  WebSocketServer server([&](ServerSocket& socket) {
    HranaPeer peer(socket);
    const auto request = peer.next(RequestType::execute);
    executing.open();
    const auto close = peer.next(RequestType::close_stream);
    closed.open();
    peer.ok(*request);  // Nobody waits for it.
    peer.ok(*close);
    peer.serve();
  });
  SocketTransport transport = transport_to(server);
  const auto stream = transport.open_stream();
  const auto answer = send(*stream, {execute("A")});
  ASSERT_TRUE(executing.wait());
  stream->cancel();
  ASSERT_TRUE(answer->wait());
  EXPECT_EQ(answer->how(), "interrupted unknown outcome_unknown: interrupted");
  ASSERT_TRUE(closed.wait());
  EXPECT_EQ(run(*stream, {execute("B")}, Close::yes)->how(), "ok, closed");
  EXPECT_TRUE(nothing_is_in_use(transport));
}

TEST_F(WebSocketHostileTest, ANameThatIsLookedUpForEverEndsAtTheDeadline) {
  const auto release = std::make_shared<libsql::testing::Gate>();
  IoThread io(
      [release](const std::string& /*host*/, std::uint16_t /*port*/, Resolver::Code& /*error*/) {
        EXPECT_TRUE(release->wait());
        return Resolver::Addresses{};
      });
  SocketTransport transport(parse_url("wss://hangs.example"), options_,
                            {io, nullptr, {}, [] { return 0.5; }, {}, {}});
  const auto soon = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
  EXPECT_EQ(outcome(transport, false, soon), "timeout no: the server did not answer in time");
  release->open();
}

TEST_F(WebSocketHostileTest, GoesThroughTheTunnelOfAProxy) {
  WebSocketServer server([](ServerSocket& socket) { HranaPeer(socket).serve(); });
  libsql::testing::ProxyServer proxy({server.port(), ""});
  const std::string address = "http://127.0.0.1:" + std::to_string(proxy.port());
  environment_.proxies = ProxySettings::from_environment([&](const char* name) {
    return std::string_view(name) == "HTTP_PROXY" ? address.c_str() : nullptr;
  });
  SocketTransport transport(parse_url("ws://db.example"), options_, environment_);
  EXPECT_EQ(outcome(transport), "ok, closed");
  EXPECT_EQ(proxy.requests(), std::vector<std::string>{"CONNECT db.example:80 "});
}

class WebSocketTlsTest : public WebSocketHostileTest {
 protected:
  std::string outcome_with(const libsql::testing::TestCertificate& certificate, bool trusted) {
    const std::string file = directory_.path("ca.pem");
    std::ofstream(file) << certificate.certificate;
    environment_.tls = std::make_shared<boost::asio::ssl::context>(
        make_tls_context(trusted ? file : std::string()));
    WebSocketServer::Options options;
    options.certificate = certificate;
    WebSocketServer server(options, [](ServerSocket& socket) { HranaPeer(socket).serve(); });
    SocketTransport transport(parse_url("wss://localhost:" + std::to_string(server.port())),
                              options_, environment_);
    std::string how = outcome(transport);
    connections_ = server.connections();
    return how;
  }

  libsql::testing::TemporaryDirectory directory_;
};

TEST_F(WebSocketTlsTest, SendsNothingToAServerWhoseCertificateItCannotVerify) {
  using libsql::testing::make_certificate;
  EXPECT_EQ(outcome_with(make_certificate("DNS:localhost"), true), "ok, closed");
  const auto expect_refused = [&](const libsql::testing::TestCertificate& certificate,
                                  bool trusted) {
    const std::string how = outcome_with(certificate, trusted);
    EXPECT_EQ(how.find("cannot_open no: "), 0U) << how;
    EXPECT_NE(how.find("certificate verify failed"), std::string::npos) << how;
    EXPECT_EQ(connections_, 1);
  };
  expect_refused(make_certificate("DNS:localhost"), false);
  expect_refused(make_certificate("DNS:other.example"), true);
  expect_refused(make_certificate("DNS:localhost", -2, -1), true);
}

}  // namespace
}  // namespace libsql::remote
