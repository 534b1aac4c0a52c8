// The HTTP client against a server on the loopback interface that answers whatever a test says.
#include "remote/http_client.h"

#include <atomic>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/http_server.h"
#include "testing/matchers.h"
#include "testing/temporary_directory.h"
#include "testing/wait.h"

namespace libsql::remote {
namespace {

using libsql::testing::answer_with;
using libsql::testing::HttpServer;
using libsql::testing::ScriptedAnswer;
using libsql::testing::throws_error;
using std::chrono::steady_clock;
using Reason = HttpFailure::Reason;
using Stage = HttpFailure::Stage;

// Keeps the events of one exchange.
class Recorder : public HttpEvents {
 public:
  void head(const HttpHead& head) noexcept override { head_ = head; }
  bool body(std::string_view piece) noexcept override {
    text += piece;
    ++pieces;
    got_body.open();
    return !pauses;
  }
  void finished(const std::optional<HttpFailure>& how) noexcept override {
    failure = how;
    ++ends;
    end.open();
  }

  HttpHead head_;
  std::string text;
  std::atomic<bool> pauses{false};
  std::atomic<int> pieces{0};
  int ends = 0;
  std::optional<HttpFailure> failure;
  libsql::testing::Gate got_body;
  libsql::testing::Gate end;
};

class HttpClientTest : public ::testing::Test {
 protected:
  static HttpRequest request_to(std::uint16_t port, const std::string& scheme = "http",
                                const std::string& host = "127.0.0.1") {
    HttpRequest request;
    request.url = parse_url(scheme + "://" + host + ':' + std::to_string(port));
    request.target = "/v3/pipeline";
    request.body = "hello";
    request.deadline = steady_clock::now() + libsql::testing::kPatience;
    return request;
  }
  std::shared_ptr<Recorder> run(HttpClient& client, HttpRequest request) {
    auto recorder = std::make_shared<Recorder>();
    client.start(std::move(request), recorder);
    EXPECT_TRUE(recorder->end.wait());
    return recorder;
  }
  // Runs one request against a server with this answer; how it failed.
  HttpFailure failure_of(const ScriptedAnswer& answer) {
    HttpServer server([&](const auto& /*request*/) { return answer; });
    HttpClient client(io_, options_);
    const auto recorder = run(client, request_to(server.port()));
    EXPECT_TRUE(recorder->failure.has_value()) << recorder->text;
    return recorder->failure.value_or(HttpFailure{});
  }

  IoThread io_;
  HttpClient::Options options_;
};

TEST_F(HttpClientTest, SendsARequestAndGivesItsAnswer) {
  std::string seen;
  HttpServer server([&](const HttpServer::Request& request) {
    seen = std::string(request.method_string()) + ' ' + std::string(request.target()) + ' ' +
           std::string(request["Authorization"]) + ' ' + std::string(request["Host"]) + ' ' +
           request.body();
    return ScriptedAnswer{
        "HTTP/1.1 429 Slow\r\nContent-Type: text/plain\r\nRetry-After: 7\r\nContent-Length: "
        "2\r\n\r\nno"};
  });
  HttpClient client(io_, options_);
  HttpRequest request = request_to(server.port());
  request.headers = {{"Authorization", "Bearer t"}};
  const auto recorder = run(client, request);
  EXPECT_FALSE(recorder->failure.has_value());
  EXPECT_EQ(recorder->head_.status, 429);
  EXPECT_EQ(recorder->head_.content_type, "text/plain");
  EXPECT_EQ(recorder->head_.retry_after, std::chrono::seconds(7));
  EXPECT_EQ(recorder->text, "no");
  EXPECT_EQ(seen,
            "POST /v3/pipeline Bearer t 127.0.0.1:" + std::to_string(server.port()) + " hello");
}

TEST_F(HttpClientTest, ReusesAConnectionForTheNextRequest) {
  HttpServer server([](const auto& request) { return answer_with(request.body()); });
  HttpClient client(io_, options_);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(run(client, request_to(server.port()))->text, "hello");
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(HttpClientTest, RunsManyRequestsAtATimeOnOneThread) {
  std::atomic<int> waiting{0};
  HttpServer server([&](const auto& /*request*/) {
    ++waiting;
    EXPECT_TRUE(libsql::testing::eventually([&] { return waiting == 10; }));
    return answer_with("{}");
  });
  HttpClient client(io_, options_);
  std::vector<std::shared_ptr<Recorder>> recorders;
  for (int i = 0; i < 10; ++i) {
    recorders.push_back(std::make_shared<Recorder>());
    client.start(request_to(server.port()), recorders.back());
  }
  for (const auto& recorder : recorders) {
    ASSERT_TRUE(recorder->end.wait());
    EXPECT_EQ(recorder->text, "{}");
  }
  EXPECT_EQ(server.connections(), 10);
}

TEST_F(HttpClientTest, OpensAnotherConnectionWhereTheServerHasClosedTheOldOne) {
  HttpServer server([](const auto& /*request*/) {
    ScriptedAnswer answer = answer_with("x");
    answer.close = true;
    return answer;
  });
  HttpClient client(io_, options_);
  EXPECT_EQ(run(client, request_to(server.port()))->text, "x");
  const auto again = run(client, request_to(server.port()));
  // Closed before or after it was taken from the pool: the second is an error that may be repeated.
  if (again->failure) {
    EXPECT_EQ(again->failure->stage, Stage::stale) << again->failure->message;
  } else {
    EXPECT_EQ(again->text, "x");
  }
}

TEST_F(HttpClientTest, SaysThatAReusedConnectionWasStaleWhenItBreaksBeforeTheAnswer) {
  std::atomic<int> requests{0};
  HttpServer server([&](const auto& /*request*/) {
    return ++requests == 1 ? answer_with("x") : ScriptedAnswer{"", true};
  });
  HttpClient client(io_, options_);
  EXPECT_EQ(run(client, request_to(server.port()))->text, "x");
  const auto again = run(client, request_to(server.port()));
  ASSERT_TRUE(again->failure.has_value());
  EXPECT_EQ(again->failure->stage, Stage::stale);
  EXPECT_EQ(again->failure->reason, Reason::network);
}

TEST_F(HttpClientTest, DeliversAChunkedBodyAsItArrives) {
  HttpServer server([](const auto& /*request*/) {
    return ScriptedAnswer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n",
                          false, true};
  });
  HttpClient client(io_, options_);
  auto recorder = std::make_shared<Recorder>();
  const auto id = client.start(request_to(server.port()), recorder);
  ASSERT_TRUE(recorder->got_body.wait());
  EXPECT_FALSE(recorder->end.is_open());
  client.cancel(id);
  ASSERT_TRUE(recorder->end.wait());
  EXPECT_EQ(recorder->text, "one");
  EXPECT_EQ(recorder->failure->reason, Reason::cancelled);
  EXPECT_EQ(recorder->failure->stage, Stage::lost);
}

TEST_F(HttpClientTest, ReadsBodiesOfEveryFraming) {
  const std::string large(100'000, 'x');
  const std::vector<std::pair<std::string, std::string>> rows{
      {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + large, large},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186a0\r\n" + large +
           "\r\n1\r\ny\r\n0\r\n\r\n",
       large + "y"},
      {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + large, large},
      {"HTTP/1.1 204 None\r\n\r\n", ""},
      {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""},
  };
  for (const auto& row : rows) {
    HttpServer server([&](const auto& /*request*/) { return ScriptedAnswer{row.first, true}; });
    HttpClient client(io_, options_);
    const auto recorder = run(client, request_to(server.port()));
    EXPECT_FALSE(recorder->failure.has_value());
    EXPECT_TRUE(recorder->text == row.second) << row.first.substr(0, 60);
  }
}

TEST_F(HttpClientTest, NamesWhatIsWrongWithAnAnswer) {
  const auto lost = [&](const ScriptedAnswer& answer, Reason reason) {
    const HttpFailure failure = failure_of(answer);
    EXPECT_EQ(failure.stage, Stage::lost) << answer.bytes;
    EXPECT_EQ(failure.reason, reason) << answer.bytes << failure.message;
  };
  lost({"", true}, Reason::network);
  lost({"HTTP/1.1 200 OK\r\nContent-", true}, Reason::network);
  lost({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", true}, Reason::network);
  lost({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha", true}, Reason::network);
  lost({"SSH-2.0-OpenSSH\r\n\r\n", true}, Reason::malformed);
  lost({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", true}, Reason::malformed);
  lost({"HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n", true}, Reason::too_large);
  options_.max_body_bytes = 10;
  lost({"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", true}, Reason::too_large);
  lost({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nb\r\nhello world\r\n0\r\n\r\n", true},
       Reason::too_large);
}

TEST_F(HttpClientTest, EndsAtTheDeadline) {
  HttpServer server([](const auto& /*request*/) { return ScriptedAnswer{"", false, true}; });
  HttpClient client(io_, options_);
  HttpRequest request = request_to(server.port());
  request.deadline = steady_clock::now() + std::chrono::milliseconds(50);
  const auto recorder = run(client, request);
  ASSERT_TRUE(recorder->failure.has_value());
  EXPECT_EQ(recorder->failure->reason, Reason::deadline);
  EXPECT_EQ(recorder->failure->stage, Stage::lost);
  EXPECT_EQ(recorder->ends, 1);
}

TEST_F(HttpClientTest, EndsAtTheDeadlineWhileItConnectsAlsoWithoutATimeoutForThat) {
  for (const bool at_once : {false, true}) {
    const auto found = std::make_shared<libsql::testing::Gate>();
    IoThread io([found](const std::string& /*host*/, std::uint16_t /*port*/, auto& /*error*/) {
      static_cast<void>(found->wait());
      return Resolver::Addresses();
    });
    HttpClient client(io, options_);
    HttpRequest request = request_to(1, "http", "nowhere.example");
    request.deadline = steady_clock::now() + std::chrono::milliseconds(50);
    request.at_once = at_once;
    const auto recorder = run(client, request);
    found->open();
    ASSERT_TRUE(recorder->failure.has_value());
    EXPECT_EQ(recorder->failure->reason, Reason::deadline);
    EXPECT_EQ(recorder->failure->stage, Stage::not_sent);
  }
}

TEST_F(HttpClientTest, SaysThatNothingWasSentWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    HttpServer gone([](const auto& /*request*/) { return answer_with(""); });
    port = gone.port();
  }
  HttpClient client(io_, options_);
  const auto refused = run(client, request_to(port));
  EXPECT_EQ(refused->failure->stage, Stage::not_sent);
  EXPECT_EQ(refused->failure->reason, Reason::connect);
  const auto unknown = run(client, request_to(80, "http", "no-such-host.invalid"));
  EXPECT_EQ(unknown->failure->stage, Stage::not_sent);
  EXPECT_EQ(unknown->failure->reason, Reason::resolve);
}

TEST_F(HttpClientTest, CancelsWhatRunsWhenItIsDestroyed) {
  HttpServer server([](const auto& /*request*/) { return ScriptedAnswer{"", false, true}; });
  auto recorder = std::make_shared<Recorder>();
  {
    HttpClient client(io_, options_);
    client.start(request_to(server.port()), recorder);
    client.cancel(12345);
  }
  ASSERT_TRUE(recorder->end.wait());
  EXPECT_EQ(recorder->failure->reason, Reason::cancelled);
  EXPECT_EQ(recorder->ends, 1);
}

TEST_F(HttpClientTest, RefusesALineBreakInAHeaderWithoutQuotingIt) {
  HttpClient client(io_, options_);
  HttpRequest request = request_to(80);
  request.headers = {{"Authorization", "Bearer secret\r\nX: y"}};
  EXPECT_THAT(
      [&] { return client.start(request, std::make_shared<Recorder>()); },
      throws_error(ErrorKind::invalid_argument, "an HTTP header holds a control character"));
}

class HttpClientTlsTest : public HttpClientTest {
 protected:
  // Runs one request to `host` against a server with this certificate, which the client trusts or
  // not.
  std::shared_ptr<Recorder> run_tls(const libsql::testing::TestCertificate& certificate,
                                    bool trusted, const std::string& host) {
    const std::string file = directory_.path("ca.pem");
    std::ofstream(file) << certificate.certificate;
    if (trusted) options_.ca_file = file;
    HttpServer server([](const auto& request) { return answer_with(request.body()); }, certificate);
    HttpClient client(io_, options_);
    return run(client, request_to(server.port(), "https", host));
  }
  void expect_refused(const std::shared_ptr<Recorder>& recorder) {
    ASSERT_TRUE(recorder->failure.has_value());
    EXPECT_EQ(recorder->failure->stage, Stage::not_sent);
    EXPECT_EQ(recorder->failure->reason, Reason::tls);
    EXPECT_NE(recorder->failure->message.find("certificate verify failed"), std::string::npos)
        << recorder->failure->message;
  }

  libsql::testing::TemporaryDirectory directory_;
};

TEST_F(HttpClientTlsTest, AcceptsATrustedCertificateForTheHost) {
  const auto certificate = libsql::testing::make_certificate("DNS:localhost,IP:127.0.0.1");
  EXPECT_EQ(run_tls(certificate, true, "localhost")->text, "hello");
  EXPECT_EQ(run_tls(certificate, true, "127.0.0.1")->text, "hello");
}

TEST_F(HttpClientTlsTest, SendsNothingToAServerWhoseCertificateItCannotVerify) {
  using libsql::testing::make_certificate;
  expect_refused(run_tls(make_certificate("DNS:localhost"), false, "localhost"));
  expect_refused(run_tls(make_certificate("DNS:other.example"), true, "localhost"));
  expect_refused(run_tls(make_certificate("DNS:localhost"), true, "127.0.0.1"));
  expect_refused(run_tls(make_certificate("DNS:localhost", -2, -1), true, "localhost"));
}

TEST_F(HttpClientTlsTest, NamesAFileOfCertificatesThatCannotBeRead) {
  options_.ca_file = directory_.path("none.pem");
  EXPECT_THAT(([&] { HttpClient client(io_, options_); }),
              throws_error(ErrorKind::cannot_open, "cannot be read"));
}

}  // namespace
}  // namespace libsql::remote
