// Clients over TLS.
#include <chrono>
#include <fstream>

#include "server_test.h"
#include "testing/temporary_directory.h"
#include "testing/test_certificate.h"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

namespace libsql {
namespace {

namespace asio = boost::asio;
using testing::eventually;
using testing::RawClient;

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port) : stream_(io_, tls_) {
    stream_.next_layer().connect({asio::ip::address_v4::loopback(), port});
    stream_.handshake(asio::ssl::stream_base::client);
  }

  void post(const std::string& requests) {
    const std::string body = RawClient::pipeline_body(requests);
    asio::write(stream_, asio::buffer("POST /v3/pipeline HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body));
  }
  [[nodiscard]] int status() {
    boost::beast::http::response<boost::beast::http::string_body> response;
    boost::beast::http::read(stream_, buffer_, response);
    return static_cast<int>(response.result_int());
  }
  // As a client does that closes in order: close_notify, then the connection.
  void say_goodbye() {
    stream_.async_shutdown([](const boost::system::error_code& /*error*/) {});
    io_.run_for(std::chrono::milliseconds(20));  // The server does not answer it.
    stream_.next_layer().close();
  }

 private:
  asio::io_context io_;
  asio::ssl::context tls_{asio::ssl::context::tls_client};
  asio::ssl::stream<asio::ip::tcp::socket> stream_;
  boost::beast::flat_buffer buffer_;
};

class TlsTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    const testing::TestCertificate made = testing::make_certificate("IP:127.0.0.1");
    options_.certificate_file = folder_.path("certificate");
    options_.key_file = folder_.path("key");
    std::ofstream(options_.certificate_file) << made.certificate;
    std::ofstream(options_.key_file) << made.key;
    options_.most_streams = 1;
    start(options_);
  }
  [[nodiscard]] int status_of_another() {
    TlsClient client(server().port());
    client.post(execute("SELECT 1") + kAndClose);
    return client.status();
  }

  const testing::TemporaryDirectory folder_;
  server::Options options_;
};

TEST_F(TlsTest, AClientThatSaysGoodbyeStopsItsQuery) {
  TlsClient client(server().port());
  client.post(
      execute("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) "
              "SELECT count(*) FROM c"));
  ASSERT_TRUE(eventually([&] { return status_of_another() == 429; }));  // It runs.
  client.say_goodbye();
  EXPECT_TRUE(eventually([&] { return status_of_another() == 200; }));
}

TEST_F(TlsTest, ARequestThatComesBeforeTheAnswerWaitsForItsTurn) {
  TlsClient client(server().port());
  for (int i = 0; i < 3; ++i) {
    client.post(
        execute("WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 50000)"
                " SELECT count(*) FROM c") +
        kAndClose);
  }
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.status(), 200);
}

}  // namespace
}  // namespace libsql
