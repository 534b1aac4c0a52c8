// Which databases share a WebSocket.
#include "remote/network.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace libsql::remote {
namespace {

std::shared_ptr<Transport> transport(const std::string& url, const RemoteOptions& options = {}) {
  return make_transport(parse_url(url), options);
}

RemoteOptions with_token(const char* token) {
  RemoteOptions options;
  options.auth_token = AuthToken(token);
  return options;
}

TEST(NetworkTest, DatabasesOfOneServerAndOneTokenShareAWebSocket) {
  const auto one = transport("ws://127.0.0.1:1/db", with_token("a"));
  EXPECT_EQ(transport("ws://127.0.0.1:1/db", with_token("a")), one);
  EXPECT_EQ(transport("ws://127.0.0.1:1/db?authToken=a"), one);
  RemoteOptions patient = with_token("a");
  patient.request_timeout = std::chrono::minutes(5);
  EXPECT_EQ(transport("ws://127.0.0.1:1/db", patient), one);
}

TEST(NetworkTest, WhatDiffersInAnythingThatTheServerSeesHasAWebSocketOfItsOwn) {
  const auto one = transport("ws://127.0.0.1:1/db", with_token("a"));
  EXPECT_NE(transport("ws://127.0.0.1:1/db", with_token("b")), one);
  EXPECT_NE(transport("ws://127.0.0.1:1/db"), one);
  EXPECT_NE(transport("ws://127.0.0.1:2/db", with_token("a")), one);
  EXPECT_NE(transport("ws://127.0.0.1:1/other", with_token("a")), one);
  RemoteOptions options = with_token("a");
  options.encoding = RemoteEncoding::protobuf;
  EXPECT_NE(transport("ws://127.0.0.1:1/db", options), one);
  options = with_token("a");
  options.proxy = "http://p:1";
  EXPECT_NE(transport("ws://127.0.0.1:1/db", options), one);
  options = with_token("a");
  options.headers = {{"x-namespace", "n"}};
  EXPECT_NE(transport("ws://127.0.0.1:1/db", options), one);
  // A function is asked by the database that it was given to.
  options.headers.clear();
  options.auth_token = TokenFunction([](const TokenAnswer& answer) { answer.give_none(); });
  EXPECT_NE(transport("ws://127.0.0.1:1/db", options), transport("ws://127.0.0.1:1/db", options));
}

}  // namespace
}  // namespace libsql::remote
