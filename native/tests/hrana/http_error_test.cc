#include "hrana/http_error.h"

#include <string>

#include <gtest/gtest.h>

namespace libsql::hrana {
namespace {

std::string decoded(std::string_view body, Encoding encoding = Encoding::json, int status = 400) {
  const HttpError error = decode_http_error(encoding, status, body);
  return error.code.value_or("-") + ": " + error.message;
}

TEST(HttpErrorTest, ReadsTheFormsOfAllServers) {
  EXPECT_EQ(
      decoded(R"({"message":"The stream has expired due to inactivity","code":"STREAM_EXPIRED"})"),
      "STREAM_EXPIRED: The stream has expired due to inactivity");
  EXPECT_EQ(decoded(R"({"code":null,"message":"m"})"), "-: m");
  EXPECT_EQ(decoded(R"({"error":"stream not found: x"})"), "-: stream not found: x");
  EXPECT_EQ(decoded("Received an invalid baton\n"), "-: Received an invalid baton");
}

TEST(HttpErrorTest, NamesTheStatusWhereTheBodySaysNothingReadable) {
  for (const std::string& body :
       {std::string(), std::string("  \n"), std::string("<html>Bad Gateway</html>"),
        std::string("{}"), std::string(R"({"error":5})"), std::string("{\"message\":"),
        std::string("\xFF\xFE"), std::string("a\0b", 3), std::string(301, 'x')}) {
    EXPECT_EQ(decoded(body, Encoding::json, 502), "-: HTTP status 502") << body;
  }
}

TEST(HttpErrorTest, ReadsProtobufAndFallsBackToJsonAndText) {
  const std::string body = make_server_codec(Encoding::protobuf)->error_body({"m", "C", {}});
  EXPECT_EQ(decoded(body, Encoding::protobuf), "C: m");
  EXPECT_EQ(decoded(R"({"error":"e"})", Encoding::protobuf), "-: e");
  EXPECT_EQ(decoded("Received an invalid baton", Encoding::protobuf),
            "-: Received an invalid baton");
}

}  // namespace
}  // namespace libsql::hrana
