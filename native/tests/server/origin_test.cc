// Web pages that a browser shows on the machine of a developer.
#include "server/origin.h"

#include "server_test.h"

namespace libsql::server {
namespace {

using ::testing::HasSubstr;
using testing::RawClient;

class OriginTest : public testing::ServerTest {
 protected:
  [[nodiscard]] static std::string upgrade_from(const std::string& origin) {
    return "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nOrigin: " +
           origin + "\r\n\r\n";
  }
};

TEST_F(OriginTest, KnowsThePagesOfThisMachine) {
  for (const char* const origin :
       {"http://localhost", "http://localhost:3000", "https://app.localhost:4000",
        "http://127.0.0.1:8080", "http://127.9.9.9", "http://[::1]:4000"}) {
    EXPECT_TRUE(is_local_origin(origin)) << origin;
  }
  for (const char* const origin :
       {"", "null", "localhost", "https://example.com", "http://localhost.example.com",
        "http://notlocalhost", "http://192.168.0.1", "http://[::2]", "http://[", "file://",
        "http://127.0.0.1.example.com"}) {
    EXPECT_FALSE(is_local_origin(origin)) << origin;
  }
}

TEST_F(OriginTest, AServerWithoutTokensRefusesPagesOfOtherMachines) {
  RawClient socket = connect();
  socket.send(upgrade_from("https://example.com"));
  EXPECT_EQ(socket.receive().status, 403);
  const testing::RawAnswer refused =
      connect().post("/v3/pipeline", RawClient::pipeline_body(execute("CREATE TABLE t(a)")),
                     "Origin: https://example.com\r\nContent-Type: text/plain\r\n");
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr(R"("code":"FOREIGN_ORIGIN")"));
  EXPECT_EQ(value_of("SELECT count(*) FROM sqlite_schema"), R"({"type":"integer","value":"0"})");
  RawClient local = connect();
  local.send(upgrade_from("http://localhost:3000"));
  EXPECT_THAT(local.receive_some(), ::testing::StartsWith("HTTP/1.1 101 "));
}

TEST_F(OriginTest, WhereATokenIsNeededItDecides) {
  Options options;
  options.token.emplace("secret");
  start(options);
  EXPECT_EQ(connect()
                .post("/v3/pipeline", RawClient::pipeline_body(execute("SELECT 1") + kAndClose),
                      "Origin: https://example.com\r\nAuthorization: Bearer secret\r\n")
                .status,
            200);
}

}  // namespace
}  // namespace libsql::server
