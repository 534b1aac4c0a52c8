// Tokens over both transports: who is let in, who may write, and that no answer shows a token.
#include "server/authenticator.h"

#include "jwt_maker.h"
#include "server_test.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawAnswer;
using testing::RawClient;
using testing::RawSocket;

class AuthenticatorTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    server::Options options;
    options.token.emplace("full-access");
    options.read_only_token.emplace("only-reading");
    options.jwt_keys = maker_.pem();
    start(options);
  }
  [[nodiscard]] RawAnswer ask(const std::string& sql, const std::string& header) {
    return connect().post("/v3/pipeline", RawClient::pipeline_body(execute(sql) + kAndClose),
                          header);
  }
  [[nodiscard]] static std::string bearer(const std::string& token) {
    return "Authorization: Bearer " + token + "\r\n";
  }

  const testing::JwtMaker maker_;
};

TEST_F(AuthenticatorTest, NamesWhatIsWrongWithTheHeader) {
  const auto code_of = [this](const std::string& header) {
    const RawAnswer answer = ask("SELECT 1", header);
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.content_type, "application/json");
    const std::size_t begin = answer.body.find("\"code\":\"") + 8;
    return answer.body.substr(begin, answer.body.find('"', begin) - begin);
  };
  EXPECT_EQ(code_of(""), "AUTH_HTTP_HEADER_MISSING");
  EXPECT_EQ(code_of("Authorization: full-access\r\n"), "AUTH_HTTP_HEADER_INVALID");
  EXPECT_EQ(code_of("Authorization: Basic full-access\r\n"), "AUTH_HTTP_HEADER_UNSUPPORTED_SCHEME");
  EXPECT_EQ(code_of(bearer("wrong")), "AUTH_JWT_INVALID");
  EXPECT_EQ(code_of(bearer("full-acces")), "AUTH_JWT_INVALID");
}

TEST_F(AuthenticatorTest, AnswersNeverShowTheToken) {
  EXPECT_THAT(ask("SELECT 1", bearer("c4n4ry")).body, Not(HasSubstr("c4n4ry")));
}

TEST_F(AuthenticatorTest, ProbesNeedNoToken) {
  EXPECT_EQ(connect().get("/health").status, 200);
  EXPECT_EQ(connect().get("/v3").status, 200);
  EXPECT_EQ(connect().get("/beta/listen?table=t").status, 401);
  EXPECT_EQ(connect().post("/v3/cursor", R"({"batch":{"steps":[]}})").status, 401);
}

TEST_F(AuthenticatorTest, ATokenThatOnlyReadsEndsItsPipelineAtAWrite) {
  EXPECT_EQ(ask("CREATE TABLE t(a)", bearer("full-access")).status, 200);
  EXPECT_EQ(ask("SELECT * FROM t", bearer("only-reading")).status, 200);
  EXPECT_EQ(ask("BEGIN IMMEDIATE", bearer("only-reading")).status, 200);
  const RawAnswer refused = ask("INSERT INTO t VALUES (1)", bearer("only-reading"));
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("the token allows only reading"));
  EXPECT_EQ(ask("INSERT INTO t VALUES (1)", bearer(maker_.token(R"({"a":"ro"})"))).status, 403);
  EXPECT_EQ(ask("INSERT INTO t VALUES (1)", bearer(maker_.token(R"({"a":"rw"})"))).status, 200);
}

TEST_F(AuthenticatorTest, ASocketAnswersARefusedHelloAndCloses) {
  for (const char* const jwt : {"null", "\"wrong\""}) {
    RawSocket socket(server().port());
    EXPECT_THAT(socket.hello(jwt), HasSubstr(R"({"type":"hello_error","error":{"message":")"));
    EXPECT_EQ(socket.receive(), "");
    EXPECT_EQ(socket.close_code(), 1000);
  }
}

TEST_F(AuthenticatorTest, TheLatestHelloOfASocketCounts) {
  RawSocket socket(server().port());
  EXPECT_EQ(socket.hello("\"full-access\""), R"({"type":"hello_ok"})");
  static_cast<void>(socket.ask(0, R"({"type":"open_stream","stream_id":0})"));
  const std::string write =
      R"~({"type":"execute","stream_id":0,"stmt":{"sql":"CREATE TABLE u(a)"}})~";
  EXPECT_THAT(socket.ask(1, write), HasSubstr("response_ok"));
  EXPECT_EQ(socket.hello("\"only-reading\""), R"({"type":"hello_ok"})");
  EXPECT_EQ(socket.ask(2, R"({"type":"execute","stream_id":0,"stmt":{"sql":"DROP TABLE u"}})"), "");
  EXPECT_EQ(socket.close_code(), 1008);
  EXPECT_EQ(socket.close_reason(), "the token allows only reading");
}

}  // namespace
}  // namespace libsql
