// Messages and status out of bodies that are cut anywhere.
#include "replica/grpc_web.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

namespace libsql::replica {
namespace {

using hrana::Malformed;
using ::testing::ElementsAre;
using ::testing::Optional;

// Feeds `body` in pieces of `size`.
std::vector<std::string> messages(GrpcWebReader& reader, std::string_view body, std::size_t size) {
  std::vector<std::string> found;
  std::string current;
  const GrpcWebReader::Sink sink{[&](std::string_view bytes) { current += bytes; },
                                 [&] {
                                   found.push_back(current);
                                   current.clear();
                                 }};
  for (; !body.empty(); body.remove_prefix(std::min(size, body.size()))) {
    reader.feed(body.substr(0, size), sink);
  }
  return found;
}

std::string trailers(const std::string& text) {
  std::string body = grpc_request(text);
  body[0] = '\x80';
  return body;
}

TEST(GrpcWebTest, MessagesAndTrailersAreReadInPiecesOfAnySize) {
  const std::string body = grpc_request("one") + grpc_request("") + grpc_request("three") +
                           trailers("grpc-status:9\r\ngrpc-message:NEED%20SNAPSHOT\r\n");
  for (std::size_t size = 1; size <= body.size(); ++size) {
    GrpcWebReader reader;
    EXPECT_THAT(messages(reader, body, size), ElementsAre("one", "", "three"));
    EXPECT_THAT(reader.status(), Optional(GrpcStatus{9, "NEED SNAPSHOT"})) << "pieces of " << size;
    EXPECT_NO_THROW(reader.finish());
  }
}

TEST(GrpcWebTest, TrailersMayBeWrittenInOtherWays) {
  GrpcWebReader reader;
  messages(reader, trailers("Grpc-Status: 14\nother\nGRPC-MESSAGE: a%2 b"), 100);
  EXPECT_THAT(reader.status(), Optional(GrpcStatus{14, "a%2 b"}));
}

TEST(GrpcWebTest, ABodyThatEndsInsideAMessageIsAnError) {
  const std::string body = grpc_request("one");
  for (std::size_t size = 1; size < body.size(); ++size) {
    GrpcWebReader reader;
    messages(reader, body.substr(0, size), 100);
    EXPECT_THROW(reader.finish(), Malformed) << size;
  }
}

TEST(GrpcWebTest, CompressedMessagesAndLongTrailersAreErrors) {
  GrpcWebReader reader;
  EXPECT_THROW(messages(reader, std::string("\x01\0\0\0\1x", 6), 6), Malformed);
  GrpcWebReader other;
  EXPECT_THROW(messages(other, std::string("\x80\x7f\0\0\0x", 6), 6), Malformed);
  GrpcWebReader third;
  EXPECT_THROW(messages(third, trailers("grpc-status:many\r\n"), 100), Malformed);
}

TEST(GrpcWebTest, TheStatusOfHttpIsTheLastResort) {
  EXPECT_EQ(grpc_status_of_http(200), std::nullopt);
  EXPECT_THAT(grpc_status_of_http(401), Optional(GrpcStatus{16, "HTTP status 401"}));
  EXPECT_THAT(grpc_status_of_http(404), Optional(GrpcStatus{12, "HTTP status 404"}));
  EXPECT_THAT(grpc_status_of_http(503), Optional(GrpcStatus{14, "HTTP status 503"}));
  EXPECT_THAT(grpc_status_of_http(500), Optional(GrpcStatus{2, "HTTP status 500"}));
}

}  // namespace
}  // namespace libsql::replica
