// A server on the loopback interface that opens WebSockets and does with them what a script says,
// right or wrong.
#ifndef LIBSQL_TESTING_WEB_SOCKET_SERVER_H_
#define LIBSQL_TESTING_WEB_SOCKET_SERVER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "core/mutex.h"
#include "testing/test_certificate.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

namespace libsql::testing {

// One WebSocket, as its script sees it. What is sent after the end is lost.
class ServerSocket {
 public:
  ServerSocket() = default;
  ServerSocket(const ServerSocket&) = delete;
  ServerSocket& operator=(const ServerSocket&) = delete;
  virtual ~ServerSocket() = default;

  // The next message; nothing at the end.
  [[nodiscard]] virtual std::optional<std::string> read() = 0;
  // The beginning of another message has arrived.
  [[nodiscard]] virtual bool has_more() = 0;
  virtual void send(std::string_view text) = 0;
  virtual void send_binary(std::string_view bytes) = 0;
  // Without a frame around them.
  virtual void send_raw(std::string_view bytes) = 0;
  virtual void ping() = 0;
  // A closing frame, then the end.
  virtual void close(std::uint16_t code, const std::string& reason) = 0;
  // The end, without one.
  virtual void drop() = 0;
  // Reads until the client goes, and answers nothing.
  void wait() {
    while (read()) {
    }
  }
  // Does not even read; until the server ends or `released`.
  virtual void hang(const std::function<bool()>& released) = 0;

  // Of the upgrade.
  std::string offered;
  std::string target;
  std::string authorization;
  int number = 0;  // Counted from 1.
};

// Threads: the script is called on one thread per connection.
class WebSocketServer {
 public:
  struct Options {
    // Sec-WebSocket-Protocol of the answer.
    std::string subprotocol = "hrana3";
    // These bytes instead of an upgrade; asked for each connection, empty for an upgrade.
    std::function<std::string(int number)> refusal = {};
    std::optional<TestCertificate> certificate = {};
  };
  using Script = std::function<void(ServerSocket&)>;

  explicit WebSocketServer(Script script) : WebSocketServer(Options(), std::move(script)) {}
  WebSocketServer(Options options, Script script);
  WebSocketServer(const WebSocketServer&) = delete;
  WebSocketServer& operator=(const WebSocketServer&) = delete;
  ~WebSocketServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // Connections that were accepted so far.
  [[nodiscard]] int connections() const { return connections_; }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void accept();
  void serve(Socket& socket, int number);
  template <typename Stream>
  void run(Stream& stream, int number);

  const Options options_;
  const Script script_;
  boost::asio::io_context context_;
  std::optional<boost::asio::ssl::context> tls_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::atomic<bool> stopping_{false};
  core::Mutex mutex_;
  std::list<Socket> sockets_ LIBSQL_GUARDED_BY(mutex_);
  std::list<std::thread> serving_;  // Of the accepting thread, then of the destructor.
  std::thread accepting_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_WEB_SOCKET_SERVER_H_
