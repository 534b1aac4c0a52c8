// Servers that send a stream to another address.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libsql/database.h"
#include "tests/remote/scripted_database.h"

namespace libsql::remote {
namespace {

using libsql::testing::answer_with;
using ::testing::HasSubstr;

TEST(BaseUrlTest, ATokenGoesToItsOriginOnly) {
  RemoteOptions options;
  options.auth_token = AuthToken("canary-token");
  ScriptedDatabase other;
  ScriptedDatabase with_token(options);
  Connection connection = with_token.connect();
  with_token.answer(answer_with(R"({"baton":"B1","base_url":"http://localhost:)" +
                                std::to_string(other.port()) + R"(","results":[)" +
                                batch({{result(), "null"}, {result(), "null"}}) + "," +
                                autocommit(false) + "]}"));
  connection.begin_transaction(TransactionMode::deferred);
  connection.execute("SELECT 1");
  other.answer_results(batch({{result(), "null"}}) + "," + autocommit(false), R"("B2")");
  connection.execute("SELECT 2");
  EXPECT_EQ(with_token.asked().at(0).authorization, "Bearer canary-token");
  EXPECT_EQ(other.asked().at(0).authorization, "");
  EXPECT_THAT(other.asked().at(0).body, HasSubstr(R"("baton":"B1")"));
}

// sqld names its own address in every answer (--http-self-url).
TEST(BaseUrlTest, ANewStreamBeginsAtTheServersOwnUrl) {
  ScriptedDatabase other;
  ScriptedDatabase server;
  Connection connection = server.connect();
  for (int i = 0; i < 2; ++i) {
    server.answer(answer_with(R"({"baton":null,"base_url":"http://localhost:)" +
                              std::to_string(other.port()) + R"(","results":[)" +
                              executed(result()) + "," + closed() + "]}"));
    connection.execute("SELECT 1");
  }
  EXPECT_EQ(server.asked().size(), 2U);
  EXPECT_EQ(other.asked().size(), 0U);
}

}  // namespace
}  // namespace libsql::remote
