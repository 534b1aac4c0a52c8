// What a server that refuses change events, or whose connection breaks, does to a listening.
#include "remote/table_listener.h"

#include <atomic>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/http_server.h"
#include "testing/matchers.h"
#include "tests/remote/event_queue.h"

namespace libsql::remote {
namespace {

using testing::answer_with;
using testing::EventQueue;
using testing::HttpServer;
using testing::ScriptedAnswer;
using testing::throws_error;

constexpr const char* kHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

ScriptedAnswer events_then_silence(const std::string& events) {
  return {kHead + events, false, true};
}
ScriptedAnswer events_then_end(const std::string& events) { return {kHead + events, true, false}; }

class TableListenerTest : public ::testing::Test {
 protected:
  Connection connect(const HttpServer& server, const char* scheme = "http") {
    return Database::remote(std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port()),
                            options)
        .connect();
  }

  RemoteOptions options;
  EventQueue events;
};

TEST_F(TableListenerTest, AsksWithTheTokenForTheTable) {
  options.auth_token = AuthToken("abc");
  std::string asked;
  const HttpServer server([&](const HttpServer::Request& request) {
    asked = std::string(request.method_string()) + ' ' + std::string(request.target()) + ' ' +
            std::string(request["authorization"]) + ' ' + std::string(request["accept"]);
    return events_then_silence("event: changes\ndata: {\"insert\":1}\n\n");
  });
  for (const char* const scheme : {"http", "ws"}) {
    Connection db = connect(server, scheme);
    const auto listening = db.listen("a&b", events.handler());
    EXPECT_EQ(events.next(), "a&b +1 ~0 -0");
    EXPECT_EQ(asked, "GET /beta/listen?table=%61%26%62 Bearer abc text/event-stream");
  }
}

TEST_F(TableListenerTest, AServerWithoutEventsIsUnsupported) {
  for (const int status : {404, 405, 501}) {
    const HttpServer server(
        [&](const auto&) { return answer_with(R"({"error":"no such route"})", status); });
    Connection db = connect(server);
    EXPECT_THAT([&] { static_cast<void>(db.listen("t", events.handler())); },
                throws_error(ErrorKind::unsupported, "no such route"));
  }
  const HttpServer page([](const auto&) { return answer_with("<html>"); });
  Connection db = connect(page);
  EXPECT_THAT([&] { static_cast<void>(db.listen("t", events.handler())); },
              throws_error(ErrorKind::unsupported));
}

TEST_F(TableListenerTest, IsOpenedAgainAndSaysThatChangesMayBeLost) {
  std::atomic<int> opened{0};
  const HttpServer server([&](const auto&) {
    return ++opened < 3 ? events_then_end("event: changes\ndata: {\"insert\":1}\n\n")
                        : events_then_silence("event: changes\ndata: {\"update\":1}\n\n");
  });
  Connection db = connect(server);
  const auto listening = db.listen("t", events.handler());
  EXPECT_EQ(events.next(), "t +1 ~0 -0");
  EXPECT_EQ(events.next(), "t lost");
  EXPECT_EQ(events.next(), "t +1 ~0 -0");
  EXPECT_EQ(events.next(), "t lost");
  EXPECT_EQ(events.next(), "t +0 ~1 -0");
}

TEST_F(TableListenerTest, WhatIsNoEventBreaksTheConnectionNotTheListening) {
  std::atomic<int> opened{0};
  const HttpServer server([&](const auto&) {
    return ++opened == 1 ? events_then_silence("event: changes\ndata: {\n\n")
                         : events_then_silence("event: changes\ndata: {\"delete\":2}\n\n");
  });
  Connection db = connect(server);
  const auto listening = db.listen("t", events.handler());
  EXPECT_EQ(events.next(), "t lost");
  EXPECT_EQ(events.next(), "t +0 ~0 -2");
}

TEST_F(TableListenerTest, ARefusalEndsIt) {
  std::atomic<int> opened{0};
  const HttpServer server([&](const auto&) {
    return ++opened == 1 ? events_then_end(": keep-alive\n\n")
                         : answer_with(R"({"error":"expired"})", 401);
  });
  Connection db = connect(server);
  const auto listening = db.listen("t", events.handler());
  EXPECT_EQ(events.next(), "t ended: denied");
}

TEST_F(TableListenerTest, EventsThatTheServerDroppedAreLost) {
  const HttpServer server([](const auto&) {
    return events_then_silence("event: error\ndata: some changes were lost\n\n");
  });
  Connection db = connect(server);
  const auto listening = db.listen("t", events.handler());
  EXPECT_EQ(events.next(), "t lost");
}

TEST_F(TableListenerTest, AServerThatDoesNotAnswerFailsAtTheDeadline) {
  options.request_timeout = std::chrono::milliseconds(50);
  const HttpServer server([](const auto&) { return ScriptedAnswer{"", false, true}; });
  Connection db = connect(server);
  EXPECT_THAT([&] { static_cast<void>(db.listen("t", events.handler())); },
              throws_error(ErrorKind::timeout));
}

TEST_F(TableListenerTest, TheConnectionsRequestsRunWhileItListens) {
  const HttpServer server([](const HttpServer::Request& request) {
    if (request.target().starts_with("/beta")) {
      return events_then_silence("event: changes\ndata: {\"insert\":1}\n\n");
    }
    return answer_with(
        R"({"baton":null,"base_url":null,"results":[{"type":"ok","response":{"type":"execute",)"
        R"("result":{"cols":[],"rows":[],"affected_row_count":0,"last_insert_rowid":null}}},)"
        R"({"type":"ok","response":{"type":"close"}}]})");
  });
  Connection db = connect(server);
  const auto listening = db.listen("t", events.handler());
  EXPECT_EQ(events.next(), "t +1 ~0 -0");
  db.execute("CREATE TABLE u(a)");
}

TEST_F(TableListenerTest, ATableWithoutANameIsRefusedBeforeAnythingIsSent) {
  const HttpServer server([](const auto&) { return answer_with(""); });
  Connection db = connect(server);
  EXPECT_THAT([&] { static_cast<void>(db.listen("", events.handler())); },
              throws_error(ErrorKind::invalid_argument));
  EXPECT_EQ(server.connections(), 0);
}

}  // namespace
}  // namespace libsql::remote
