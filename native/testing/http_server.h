// A server on the loopback interface that answers each request with the bytes a script gives, right
// or wrong: HTTP is only read, never written, by it.
#ifndef LIBSQL_TESTING_HTTP_SERVER_H_
#define LIBSQL_TESTING_HTTP_SERVER_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <thread>

#include "core/mutex.h"
#include "testing/test_certificate.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace libsql::testing {

struct ScriptedAnswer {
  std::string bytes;
  // Behind so many bytes, the rest waits for so long.
  struct Pause {
    std::size_t after = 0;
    std::chrono::milliseconds time{0};
  };
  bool close = false;   // Close the connection behind them.
  bool silent = false;  // Then wait until the client goes.
  Pause pause = {};
};

// An answer of HTTP with this body.
[[nodiscard]] ScriptedAnswer answer_with(const std::string& body, int status = 200);

// Threads: the script is called on one thread per connection.
class HttpServer {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Script = std::function<ScriptedAnswer(const Request&)>;

  explicit HttpServer(Script script, std::optional<TestCertificate> certificate = {});
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  ~HttpServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Connections that were accepted so far.
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept();
  void serve(boost::asio::ip::tcp::socket& socket);
  template <typename Stream>
  void answer_all(Stream& stream);
  void close_sockets();

  Script script_;
  boost::asio::io_context context_;
  std::optional<boost::asio::ssl::context> tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  core::Mutex mutex_;
  std::list<boost::asio::ip::tcp::socket> sockets_ LIBSQL_GUARDED_BY(mutex_);
  std::list<std::thread> serving_;  // Of the accepting thread, then of the destructor.
  std::thread accepting_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_HTTP_SERVER_H_
