// Which proxy the environment names for a server, and requests through one.
#include "remote/proxy.h"

#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "remote/http_client.h"
#include "testing/http_server.h"
#include "testing/matchers.h"
#include "testing/proxy_server.h"
#include "testing/temporary_directory.h"
#include "testing/wait.h"

namespace libsql::remote {
namespace {

using libsql::testing::HttpServer;
using libsql::testing::ProxyServer;
using libsql::testing::throws_error;
using Variables = std::map<std::string, std::string>;

ProxySettings settings_from(const Variables& variables) {
  return ProxySettings::from_environment([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

// "host:port authorization", or "direct".
std::string proxy_for(const Variables& variables, const char* url) {
  const ProxySettings settings = settings_from(variables);
  const Proxy* const proxy = settings.for_server(parse_url(url));
  if (proxy == nullptr) return "direct";
  return proxy->authority() + (proxy->authorization.empty() ? "" : ' ' + proxy->authorization);
}

TEST(ProxySettingsTest, TakeTheVariableOfTheUrlsScheme) {
  const Variables both{{"HTTPS_PROXY", "http://tls:3128"}, {"HTTP_PROXY", "plain:3129"}};
  EXPECT_EQ(proxy_for(both, "https://db.example"), "tls:3128");
  EXPECT_EQ(proxy_for(both, "libsql://db.example"), "tls:3128");
  EXPECT_EQ(proxy_for(both, "wss://db.example"), "tls:3128");
  EXPECT_EQ(proxy_for(both, "http://db.example"), "plain:3129");
  EXPECT_EQ(proxy_for(both, "ws://db.example"), "plain:3129");
  EXPECT_EQ(proxy_for({}, "https://db.example"), "direct");
  EXPECT_EQ(proxy_for({{"HTTPS_PROXY", " "}}, "https://db.example"), "direct");
}

TEST(ProxySettingsTest, PreferTheVariableInLowerCaseAndTheOneOfTheScheme) {
  EXPECT_EQ(proxy_for({{"HTTPS_PROXY", "upper"}, {"https_proxy", "lower"}}, "https://db.example"),
            "lower");
  EXPECT_EQ(proxy_for({{"ALL_PROXY", "all:1"}, {"HTTPS_PROXY", "tls:2"}}, "https://db.example"),
            "tls:2");
  EXPECT_EQ(proxy_for({{"ALL_PROXY", "all:1"}, {"HTTPS_PROXY", "tls:2"}}, "http://db.example"),
            "all:1");
}

TEST(ProxySettingsTest, IgnoreHttpProxyInACgiProgram) {
  const Variables cgi{{"REQUEST_METHOD", "GET"}, {"HTTP_PROXY", "evil:1"}};
  EXPECT_EQ(proxy_for(cgi, "http://db.example"), "direct");
}

TEST(ProxySettingsTest, DecodeUserAndPasswordForBasicAuthentication) {
  // RFC 7617, section 2.
  EXPECT_EQ(
      proxy_for({{"https_proxy", "http://Aladdin:open%20sesame@p:8080/"}}, "https://d.example"),
      "p:8080 Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(proxy_for({{"https_proxy", "http://a%40b:c@d@p"}}, "https://d.example"),
            "p Basic YUBiOmNAZA==");
}

TEST(ProxySettingsTest, AnOptionNamesOneForAllServersOrNone) {
  const auto one = ProxySettings::for_all("http://p:1");
  EXPECT_EQ(one.for_server(parse_url("https://d.example"))->authority(), "p:1");
  EXPECT_EQ(one.for_server(parse_url("ws://d.example"))->authority(), "p:1");
  EXPECT_EQ(one.for_server(parse_url("http://localhost:1")), nullptr);
  EXPECT_EQ(ProxySettings::for_all("").for_server(parse_url("https://d.example")), nullptr);
  try {
    static_cast<void>(ProxySettings::for_all("socks5://me:secret@p:1"));
    FAIL() << "it was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(error.message().find("the proxy in the option proxy"), 0U);
    EXPECT_EQ(error.message().find("secret"), std::string::npos);
  }
}

TEST(ProxySettingsTest, LeaveOutTheLoopbackInterface) {
  const Variables all{{"ALL_PROXY", "p:1"}};
  EXPECT_EQ(proxy_for(all, "http://localhost:8080"), "direct");
  EXPECT_EQ(proxy_for(all, "http://127.0.0.1:8080"), "direct");
  EXPECT_EQ(proxy_for(all, "ws://[::1]:8080"), "direct");
}

TEST(ProxySettingsTest, LeaveOutWhatNoProxyNames) {
  struct Row {
    const char* no_proxy;
    const char* url;
    bool direct;
  };
  const std::vector<Row> rows{
      {"example.org", "https://example.org", true},
      {"example.org", "https://db.example.org", true},
      {".example.org", "https://db.example.org", true},
      {"*.example.org", "https://db.example.org", true},
      {"EXAMPLE.org", "https://Example.ORG", true},
      {"example.org", "https://badexample.org", false},
      {"example.org", "https://example.org.evil", false},
      {"a.example , example.org", "https://example.org", true},
      {"example.org:443", "https://example.org", true},
      {"example.org:443", "https://example.org:8443", false},
      {"*", "https://example.org", true},
      {"10.0.0.0/8", "http://10.1.2.3", true},
      {"10.0.0.0/8", "http://11.1.2.3", false},
      {"10.0.0.0/8", "http://ten.example", false},
      {"10.1.2.3", "http://10.1.2.3:8080", true},
      {"fd00::/8", "http://[fd12::1]:8080", true},
      {"fd00::/8", "http://[fe80::1]:8080", false},
      {"[fd12::1]:8080", "http://[fd12::1]:8080", true},
      {",,", "https://example.org", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(proxy_for({{"ALL_PROXY", "p:1"}, {"NO_PROXY", row.no_proxy}}, row.url),
              row.direct ? "direct" : "p:1")
        << row.no_proxy << ' ' << row.url;
  }
}

TEST(ProxySettingsTest, RefuseOtherProxiesWithoutQuotingThem) {
  for (const char* const value :
       {"socks5://canary-secret@p:1", "http://canary-secret@p:99999", "http://canary-secret%4@p",
        "http://canary-secret@p/path", "http://canary-secret@p?x", "http://canary-secret@"}) {
    try {
      static_cast<void>(settings_from({{"HTTPS_PROXY", value}}));
      ADD_FAILURE() << value;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
      EXPECT_NE(error.message().find("HTTPS_PROXY"), std::string::npos) << error.message();
      EXPECT_EQ(error.message().find("canary"), std::string::npos) << error.message();
    }
  }
}

// Keeps the end of one exchange.
class Recorder : public HttpEvents {
 public:
  void head(const HttpHead& head) noexcept override { status = head.status; }
  bool body(std::string_view piece) noexcept override {
    text += piece;
    return true;
  }
  void finished(const std::optional<HttpFailure>& how) noexcept override {
    failure = how;
    end.open();
  }

  int status = 0;
  std::string text;
  std::optional<HttpFailure> failure;
  libsql::testing::Gate end;
};

class ProxyTest : public ::testing::Test {
 protected:
  std::shared_ptr<Recorder> run(const ProxyServer& proxy, const std::string& url) {
    options_.proxies = settings_from(
        {{"ALL_PROXY", "http://me:canary-secret@127.0.0.1:" + std::to_string(proxy.port())}});
    HttpClient client(io_, options_);
    auto recorder = std::make_shared<Recorder>();
    HttpRequest request;
    request.url = parse_url(url);
    request.target = "/v3/pipeline";
    request.body = "hello";
    request.deadline = std::chrono::steady_clock::now() + libsql::testing::kPatience;
    client.start(std::move(request), recorder);
    EXPECT_TRUE(recorder->end.wait());
    return recorder;
  }

  // Any name but that of the proxy's own address is asked of the proxy only.
  IoThread io_{[](const std::string& host, std::uint16_t /*port*/, Resolver::Code& error) {
    ADD_FAILURE() << host << " is looked up";
    error = boost::asio::error::host_not_found;
    return Resolver::Addresses{};
  }};
  HttpClient::Options options_;
  const std::string authorization_ = "Basic bWU6Y2FuYXJ5LXNlY3JldA==";
};

TEST_F(ProxyTest, GetsPlainHttpRequestsInTheAbsoluteForm) {
  const ProxyServer::Script script{0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
  ProxyServer proxy(script);
  const auto recorder = run(proxy, "http://db.example:8080");
  EXPECT_EQ(recorder->text, "ok");
  EXPECT_EQ(proxy.requests(),
            std::vector<std::string>{"POST http://db.example:8080/v3/pipeline " + authorization_});
}

TEST_F(ProxyTest, LeadsTlsThroughATunnelAndSeesNoRequest) {
  const auto certificate = libsql::testing::make_certificate("DNS:db.example");
  const libsql::testing::TemporaryDirectory directory;
  options_.ca_file = directory.path("ca.pem");
  std::ofstream(options_.ca_file) << certificate.certificate;
  std::string seen;
  HttpServer server(
      [&](const HttpServer::Request& request) {
        seen = std::string(request.target()) + '|' + std::string(request["Proxy-Authorization"]);
        return libsql::testing::answer_with(request.body());
      },
      certificate);
  ProxyServer proxy({server.port(), ""});
  const auto recorder = run(proxy, "https://db.example");
  EXPECT_EQ(recorder->text, "hello") << recorder->failure->message;
  EXPECT_EQ(proxy.requests(), std::vector<std::string>{"CONNECT db.example:443 " + authorization_});
  EXPECT_EQ(seen, "/v3/pipeline|");
}

TEST_F(ProxyTest, SaysWhyItOpensNoTunnelAndThatNothingWasSent) {
  struct Row {
    const char* answer;
    HttpFailure::Reason reason;
    const char* message;
  };
  const std::vector<Row> rows{
      {"HTTP/1.1 407 Auth\r\nContent-Length: 0\r\n\r\n", HttpFailure::Reason::connect,
       " refuses to connect to db.example: status 407, it asks for a user and a password"},
      {"HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nno!", HttpFailure::Reason::connect,
       " refuses to connect to db.example: status 403"},
      {"HTTP/1.1 200 OK\r\n\r\nunasked", HttpFailure::Reason::malformed,
       " sends something before it is asked"},
      {"HTTP/1.1 200", HttpFailure::Reason::connect, ": "},
      {"SSH-2.0-x\r\n\r\n", HttpFailure::Reason::connect, ": bad version"},
  };
  for (const Row& row : rows) {
    ProxyServer proxy({0, row.answer});
    const auto recorder = run(proxy, "https://db.example");
    ASSERT_TRUE(recorder->failure.has_value());
    EXPECT_EQ(recorder->failure->stage, HttpFailure::Stage::not_sent);
    EXPECT_EQ(recorder->failure->reason, row.reason) << recorder->failure->message;
    const std::string proxy_name = "the proxy 127.0.0.1:" + std::to_string(proxy.port());
    EXPECT_EQ(recorder->failure->message.find(proxy_name + row.message), 0U)
        << recorder->failure->message;
    EXPECT_EQ(recorder->failure->message.find("canary"), std::string::npos);
  }
}

}  // namespace
}  // namespace libsql::remote
