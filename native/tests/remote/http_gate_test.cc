// How many requests are under way to one server, and what happens to those that wait.
#include "remote/http_gate.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "remote/http_client.h"
#include "testing/http_server.h"
#include "testing/wait.h"

namespace libsql::remote {
namespace {

using libsql::testing::answer_with;
using libsql::testing::HttpServer;
using std::chrono::steady_clock;
using ::testing::ElementsAre;

class HttpGateTest : public ::testing::Test {
 protected:
  std::unique_ptr<HttpGate::Place> queue(int number, const std::string& server = "a") {
    return gate.queue(server, [this, number] { entered.push_back(number); });
  }
  HttpGate gate{2};
  std::vector<int> entered;
};

TEST_F(HttpGateTest, ThoseBeyondTheLimitEnterInTheirOrderWhenOthersLeave) {
  std::vector<std::unique_ptr<HttpGate::Place>> places;
  for (int i = 0; i < 5; ++i) places.push_back(queue(i));
  EXPECT_THAT(entered, ElementsAre(0, 1));
  places[1].reset();
  EXPECT_THAT(entered, ElementsAre(0, 1, 2));
  places[0].reset();
  places[2].reset();
  EXPECT_THAT(entered, ElementsAre(0, 1, 2, 3, 4));
}

TEST_F(HttpGateTest, WhoGivesUpWaitingIsPassedOver) {
  auto first = queue(0);
  const auto second = queue(1);
  auto third = queue(2);
  const auto fourth = queue(3);
  third.reset();
  first.reset();
  EXPECT_THAT(entered, ElementsAre(0, 1, 3));
}

TEST_F(HttpGateTest, EachServerHasItsOwnLimit) {
  const auto first = queue(0);
  const auto second = queue(1);
  const auto other = queue(2, "b");
  EXPECT_THAT(entered, ElementsAre(0, 1, 2));
}

// Counts how many of its requests are under way at a time.
class CountingServer {
 public:
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }
  [[nodiscard]] int most() const { return most_; }
  void open() { gate_.open(); }
  [[nodiscard]] int under_way() const { return under_way_; }

 private:
  std::atomic<int> under_way_{0};
  std::atomic<int> most_{0};
  libsql::testing::Gate gate_;
  HttpServer server_{[this](const auto& /*request*/) {
    const int now = ++under_way_;
    int most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
    static_cast<void>(gate_.wait());
    --under_way_;
    return answer_with("ok");
  }};
};

class Recorder : public HttpEvents {
 public:
  void head(const HttpHead& /*head*/) noexcept override {}
  bool body(std::string_view /*piece*/) noexcept override { return true; }
  void finished(const std::optional<HttpFailure>& how) noexcept override {
    failure = how;
    end.open();
  }
  std::optional<HttpFailure> failure;
  libsql::testing::Gate end;
};

HttpRequest request_to(std::uint16_t port) {
  HttpRequest request;
  request.url = parse_url("http://127.0.0.1:" + std::to_string(port));
  request.target = "/";
  request.deadline = steady_clock::now() + libsql::testing::kPatience;
  return request;
}

class CappedClientTest : public ::testing::Test {
 protected:
  static HttpClient::Options options() {
    HttpClient::Options options;
    options.max_requests_per_server = 3;
    return options;
  }
  std::shared_ptr<Recorder> start(HttpRequest request) {
    auto recorder = std::make_shared<Recorder>();
    client.start(std::move(request), recorder);
    return recorder;
  }
  // As many requests as may be under way are.
  void fill() {
    for (int i = 0; i < 3; ++i) inside.push_back(start(request_to(server.port())));
    EXPECT_TRUE(libsql::testing::eventually([&] { return server.under_way() == 3; }));
  }

  CountingServer server;
  IoThread io;
  HttpClient client{io, options()};
  std::vector<std::shared_ptr<Recorder>> inside;
};

TEST_F(CappedClientTest, NoMoreRequestsThanAllowedAreUnderWayAndAllAreAnswered) {
  fill();
  for (int i = 0; i < 20; ++i) inside.push_back(start(request_to(server.port())));
  server.open();
  for (const auto& one : inside) {
    EXPECT_TRUE(one->end.wait());
    EXPECT_FALSE(one->failure);
  }
  EXPECT_EQ(server.most(), 3);
}

TEST_F(CappedClientTest, ARequestThatWaitsEndsAtItsDeadlineUnsent) {
  fill();
  HttpRequest request = request_to(server.port());
  request.deadline = steady_clock::now() + std::chrono::milliseconds(20);
  const auto late = start(std::move(request));
  EXPECT_TRUE(late->end.wait());
  EXPECT_EQ(late->failure->reason, HttpFailure::Reason::deadline);
  EXPECT_EQ(late->failure->stage, HttpFailure::Stage::not_sent);
  server.open();
  for (const auto& one : inside) EXPECT_TRUE(one->end.wait());
}

// A transaction may hold the lock that those before it wait for.
TEST_F(CappedClientTest, ARequestThatOthersMayWaitForPassesThem) {
  fill();
  HttpRequest request = request_to(server.port());
  request.at_once = true;
  const auto urgent = start(std::move(request));
  EXPECT_TRUE(libsql::testing::eventually([&] { return server.under_way() == 4; }));
  server.open();
  EXPECT_TRUE(urgent->end.wait());
  for (const auto& one : inside) EXPECT_TRUE(one->end.wait());
}

}  // namespace
}  // namespace libsql::remote
