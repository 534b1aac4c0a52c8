// A proxy on the loopback interface: reads one request per connection, writes down who asked for
// what, and leads a tunnel to a port of the same interface, whatever host was asked for.
#ifndef LIBSQL_TESTING_PROXY_SERVER_H_
#define LIBSQL_TESTING_PROXY_SERVER_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "core/mutex.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace libsql::testing {

class ProxyServer {
 public:
  struct Script {
    std::uint16_t tunnel_to = 0;
    // Instead of "200 Connection established" and the tunnel.
    std::string answer = {};
  };
  explicit ProxyServer(Script script);
  ProxyServer(const ProxyServer&) = delete;
  ProxyServer& operator=(const ProxyServer&) = delete;
  ~ProxyServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // "METHOD target authorization" of each request.
  [[nodiscard]] std::vector<std::string> requests();

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void accept();
  void serve(Socket& client);
  void tunnel(Socket& client);
  Socket& keep(Socket socket);

  const Script script_;
  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  core::Mutex mutex_;
  std::list<Socket> sockets_ LIBSQL_GUARDED_BY(mutex_);
  std::vector<std::string> requests_ LIBSQL_GUARDED_BY(mutex_);
  std::list<std::thread> serving_;  // Of the accepting thread, then of the destructor.
  std::thread accepting_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_PROXY_SERVER_H_
