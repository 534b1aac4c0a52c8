// The addresses of a host, looked up where nothing waits for it.
#ifndef LIBSQL_REMOTE_RESOLVER_H_
#define LIBSQL_REMOTE_RESOLVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace libsql::remote {

// The system's resolution of names (getaddrinfo) takes as long as it likes and cannot be cancelled.
// Asio runs it on one thread, one name after the other, and joins that thread at its end; here each
// name has a thread, and whoever no longer wants the answer leaves.
//
// Threads: thread-safe; answers come on the thread of the io_context.
class Resolver {
 public:
  using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;
  using Code = boost::system::error_code;
  // The addresses of a host; blocks.
  using LookUp = std::function<Addresses(const std::string& host, std::uint16_t port, Code& error)>;
  using Answer = std::function<void(const Code& error, const Addresses& addresses)>;

  explicit Resolver(boost::asio::io_context& context, LookUp look_up = ask_system);
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  // Waits for no look-up: those under way end later and are not answered.
  ~Resolver();

  // Returns at once and answers once, later. Who asks for what is being looked up already waits for
  // that. An address needs no look-up.
  void resolve(const std::string& host, std::uint16_t port, Answer answer);

  [[nodiscard]] static Addresses ask_system(const std::string& host, std::uint16_t port,
                                            Code& error);

 private:
  class State;
  std::shared_ptr<State> state_;  // Its other owners are the look-ups under way.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_RESOLVER_H_
