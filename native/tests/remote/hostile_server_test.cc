// A server that answers wrongly, at every byte: each time an error in bounded time, and the
// connection works afterwards.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/request_trace.h"
#include "tests/remote/scripted_database.h"

namespace libsql::remote {
namespace {

using libsql::testing::answer_with;
using libsql::testing::RequestTrace;
using libsql::testing::ScriptedAnswer;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const char* const kColumn = R"({"name":"a","decltype":null})";
const char* const kRow = R"([{"type":"text","value":"x"}])";

std::string good_body() {
  return ScriptedDatabase::body_of(executed(result(kColumn, kRow)) + "," + closed());
}

class HostileServerTest : public ::testing::Test {
 protected:
  HostileServerTest() { expect_recovery(); }
  // The next query is answered well.
  void expect_recovery() {
    server.answer(answer_with(good_body()));
    EXPECT_EQ(run(), "columns a\nrow 'x'\ndone 0 1\nok");
  }
  std::string run(std::string_view sql = "SELECT a FROM t") {
    RequestTrace trace;
    trace.start(db, request::Execute{{sql}});
    const std::string text = trace.wait();
    if (trace.error) {
      EXPECT_THAT(trace.error->message(), Not(HasSubstr("canary")));
    }
    return text;
  }

  static RemoteOptions with_token() {
    RemoteOptions options;
    options.auth_token = AuthToken("canary-token");
    options.encryption_key = EncryptionKey("canary-key");
    options.attempts = 2;
    return options;
  }
  ScriptedDatabase server{with_token()};
  Connection db = server.connect();
};

TEST_F(HostileServerTest, AnAnswerThatEndsAtAnyByteIsAnError) {
  const std::string whole = answer_with(good_body()).bytes;
  for (std::size_t size = 1; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    server.answer({whole.substr(0, size), true, false});
    EXPECT_THAT(run(), HasSubstr("error io"));
    expect_recovery();
  }
}

TEST_F(HostileServerTest, ABodyThatEndsAtAnyByteIsAnError) {
  const std::string whole = good_body();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    server.answer(answer_with(whole.substr(0, size)));
    EXPECT_THAT(run(), HasSubstr("error io"));
  }
  expect_recovery();
}

TEST_F(HostileServerTest, ACursorThatEndsAtAnyByteIsAnErrorUnlessItsEntriesAreWhole) {
  const std::string whole =
      "{\"baton\":\"C\",\"base_url\":null}\n"
      "{\"type\":\"step_begin\",\"step\":0,\"cols\":[{\"name\":\"a\"}]}\n"
      "{\"type\":\"row\",\"row\":[{\"type\":\"integer\",\"value\":\"1\"}]}\n"
      "{\"type\":\"step_end\",\"affected_row_count\":0,\"last_insert_rowid\":null}\n";
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    SCOPED_TRACE(size);
    ScriptedDatabase other;
    Connection cursors = other.connect();
    other.answer(answer_with(whole.substr(0, size)));
    const std::string opened = RequestTrace::of(cursors, request::OpenCursor{{"SELECT a FROM t"}});
    EXPECT_TRUE(opened.starts_with("error io") || opened == "opened\nok") << opened;
    // Whole up to here: the head alone, where no step has begun.
    if (opened == "opened\nok") {
      EXPECT_LE(size, whole.find('\n') + 1);
    }
  }
}

TEST_F(HostileServerTest, WhatIsNotAnAnswerIsAnError) {
  const std::vector<std::string> bodies = {
      "",
      "null",
      "[]",
      "{}",
      "<html>canary-token</html>",
      R"({"baton":null,"base_url":null,"results":[]})",
      R"({"baton":null,"base_url":"ftp://canary","results":[)" + executed(result()) + "," +
          closed() + "]}",
      ScriptedDatabase::body_of(closed() + "," + executed(result())),
      ScriptedDatabase::body_of(executed(result()) + "," + closed() + "," + closed()),
      ScriptedDatabase::body_of(executed(result(kColumn, "[]")) + "," + closed()),
      ScriptedDatabase::body_of(R"({"type":"odd"})" + std::string(",") + closed()),
  };
  for (const std::string& body : bodies) {
    SCOPED_TRACE(body);
    server.answer(answer_with(body));
    EXPECT_THAT(run(), HasSubstr("error io"));
  }
  expect_recovery();
}

TEST_F(HostileServerTest, EveryStatusButOneIsAnError) {
  for (const int status : {100, 201, 204, 301, 302, 307, 308, 400, 402, 404, 405, 408,
                           410, 413, 418, 429, 431, 500, 501, 502, 503, 504, 505, 599}) {
    if (status == 100) continue;  // Not the end of an answer.
    SCOPED_TRACE(status);
    // A redirect is not followed, so the token goes nowhere.
    const std::string bytes = "HTTP/1.1 " + std::to_string(status) +
                              " Status\r\nLocation: http://canary.example/\r\n"
                              "Content-Length: 0\r\n\r\n";
    server.answer({bytes, false, false});
    server.answer({bytes, false, false});
    const std::size_t before = server.asked().size();
    EXPECT_THAT(run("DELETE FROM t"), StartsWith("error "));
    if (server.asked().size() == before + 1) {
      // The second was not needed.
      EXPECT_THAT(run("DELETE FROM t"), StartsWith("error "));
    }
  }
  expect_recovery();
}

TEST_F(HostileServerTest, AnErrorThatRepeatsTheTokenIsTheServersOwn) {
  // What a server says is shown; the library adds nothing secret to it.
  server.answer_results(failed(server_error("AUTH_JWT_INVALID", "not a token")) + "," + closed());
  EXPECT_EQ(run(), "error denied unauthorised");
}

// Closes the connection at the n-th request, for every n, until a whole transaction passes.
TEST_F(HostileServerTest, ATransactionFailsCleanlyAtEveryRequest) {
  const std::vector<ScriptedAnswer> good = {
      answer_with(ScriptedDatabase::body_of(
          batch({{result(), "null"}, {result(), "null"}}) + "," + autocommit(false), R"("B1")")),
      answer_with(ScriptedDatabase::body_of(batch({{result(), "null"}}) + "," + autocommit(false),
                                            R"("B2")")),
      answer_with(ScriptedDatabase::body_of(batch({{result(), "null"}}) + "," + autocommit(true) +
                                            "," + closed())),
  };
  for (std::size_t failing = 0; failing <= good.size(); ++failing) {
    SCOPED_TRACE(failing);
    ScriptedDatabase fresh;
    Connection connection = fresh.connect();
    for (std::size_t i = 0; i < good.size(); ++i) {
      if (i == failing) {
        fresh.answer({"", true, false});
        fresh.answer({"", true, false});  // The first may be sent again.
        break;
      }
      fresh.answer(good[i]);
    }
    connection.begin_transaction(TransactionMode::immediate);
    std::vector<std::string> outcomes;
    outcomes.push_back(RequestTrace::of(connection, request::Execute{{"DELETE FROM t"}}));
    if (connection.in_transaction()) {
      outcomes.push_back(RequestTrace::of(connection, request::Execute{{"DELETE FROM t"}}));
    }
    if (connection.in_transaction()) {
      outcomes.push_back(RequestTrace::of(connection, request::Commit{}));
    }
    EXPECT_FALSE(connection.in_transaction());
    EXPECT_EQ(outcomes.size(), std::min(failing + 1, good.size()));
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      if (i == failing) {
        EXPECT_THAT(outcomes[i], HasSubstr("error io lost"));
        EXPECT_EQ(outcomes[i].find("unknown") != std::string::npos, i > 0);
      } else {
        EXPECT_THAT(outcomes[i], HasSubstr("ok"));
      }
    }
  }
}

}  // namespace
}  // namespace libsql::remote
