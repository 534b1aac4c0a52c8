// JSON web tokens: which are valid, and what their claims allow.
#include "server/jwt.h"

#include <gmock/gmock.h>

#include "jwt_maker.h"
#include "libsql/error.h"
#include "server/failures.h"
#include "testing/matchers.h"

namespace libsql::server {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

class JwtTest : public ::testing::Test {
 protected:
  // The code of the refusal, or what is allowed.
  [[nodiscard]] std::string verdict(std::string_view token, const JwtVerifier& verifier) const {
    try {
      return verifier.verify(token, now_) == Access::read_only ? "read" : "write";
    } catch (const RequestRefused& error) {
      EXPECT_EQ(std::string(error.what()).find(token), std::string::npos);
      return std::to_string(error.status()) + " " + std::string(*error.view().code);
    }
  }
  [[nodiscard]] std::string verdict_of_claims(std::string_view claims) const {
    return verdict(maker_.token(claims), JwtVerifier(maker_.pem()));
  }

  const system_clock::time_point now_{seconds(1'800'000'000)};
  const testing::JwtMaker maker_;
};

TEST_F(JwtTest, AcceptsASignatureOfAnyOfItsKeys) {
  const testing::JwtMaker other;
  const JwtVerifier both(other.pem() + maker_.pem());
  EXPECT_EQ(verdict(maker_.token("{}"), both), "write");
  EXPECT_EQ(verdict(other.token("{}"), both), "write");
  EXPECT_EQ(verdict(maker_.token("{}"), JwtVerifier(maker_.raw_key() + "\n")), "write");
  EXPECT_EQ(verdict(maker_.token("{}"), JwtVerifier(other.pem())), "401 AUTH_JWT_INVALID");
}

TEST_F(JwtTest, RefusesWhatIsNoToken) {
  const JwtVerifier verifier(maker_.pem());
  for (const char* const text : {"x", "a.b", "..", "a.b.c", "e30.e30.e30"}) {
    EXPECT_EQ(verdict(text, verifier), "401 AUTH_JWT_INVALID") << text;
  }
  std::string changed = maker_.token("{}");
  changed.back() = changed.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(verdict(changed, verifier), "401 AUTH_JWT_INVALID");
}

TEST_F(JwtTest, RefusesOtherAlgorithms) {
  const JwtVerifier verifier(maker_.pem());
  EXPECT_EQ(verdict(maker_.token("{}", R"({"alg":"none"})"), verifier), "401 AUTH_JWT_INVALID");
  EXPECT_EQ(verdict(maker_.token("{}", R"({"alg":"HS256"})"), verifier), "401 AUTH_JWT_INVALID");
}

TEST_F(JwtTest, ExpiresAMinuteAfterItsTime) {
  EXPECT_EQ(verdict_of_claims(R"({"exp":1799999940})"), "write");
  EXPECT_EQ(verdict_of_claims(R"({"exp":1799999939})"), "401 AUTH_JWT_EXPIRED");
  EXPECT_EQ(verdict_of_claims(R"({"exp":"soon"})"), "401 AUTH_JWT_INVALID");
}

TEST_F(JwtTest, AnAudienceIsRefused) {
  EXPECT_EQ(verdict_of_claims(R"({"aud":"somebody"})"), "401 AUTH_FAILED");
}

TEST_F(JwtTest, ClaimsSayWhatIsAllowed) {
  EXPECT_EQ(verdict_of_claims(R"({"a":"ro"})"), "read");
  EXPECT_EQ(verdict_of_claims(R"({"a":"roa"})"), "read");
  EXPECT_EQ(verdict_of_claims(R"({"a":"rw"})"), "write");
  EXPECT_EQ(verdict_of_claims(R"({"a":"all"})"), "401 AUTH_JWT_INVALID");
  EXPECT_EQ(verdict_of_claims(R"({"id":"default","a":"ro"})"), "read");
  EXPECT_EQ(verdict_of_claims(R"({"id":"other"})"), "403 BLOCKED");
  EXPECT_EQ(verdict_of_claims(R"({"p":{"ro":{"ns":["default"]}},"a":"rw"})"), "read");
  EXPECT_EQ(verdict_of_claims(R"({"p":{"rw":{"ns":["other","default"]}}})"), "write");
  EXPECT_EQ(verdict_of_claims(R"({"p":{"rw":{"ns":["other"]}}})"), "403 BLOCKED");
}

// sqld refuses each of these, and takes null for an absent claim.
TEST_F(JwtTest, AClaimOfTheWrongTypeGivesNoRight) {
  for (const char* const claims :
       {R"({"a":5})", R"({"a":["ro"]})", R"({"id":5})", R"({"id":{}})", R"({"p":5})",
        R"({"p":"ro"})", R"({"p":{"rw":{"ns":"default"}}})", R"({"p":{"rw":{"ns":["default",5]}}})",
        R"({"p":{"rw":{"ns":["default"]},"ro":5}})", R"({"exp":1800000000.5})"}) {
    EXPECT_EQ(verdict_of_claims(claims), "401 AUTH_JWT_INVALID") << claims;
  }
  EXPECT_EQ(verdict_of_claims(R"({"a":null,"id":null,"p":null,"exp":null,"aud":null})"), "write");
  EXPECT_EQ(verdict_of_claims(R"({"p":{"ro":null},"a":"rw"})"), "403 BLOCKED");
}

TEST_F(JwtTest, RefusesKeysThatAreNone) {
  for (const char* const text : {"", "AAAA", "-----BEGIN PUBLIC KEY-----\nAAAA"}) {
    EXPECT_THAT([text] { JwtVerifier verifier(text); },
                testing::throws_error(ErrorKind::invalid_argument))
        << text;
  }
}

}  // namespace
}  // namespace libsql::server
