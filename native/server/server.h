// The development server: listens, and serves each client over HTTP or a WebSocket.
//
// One thread does all input and output. SQL runs on threads of a pool, one stream at a time each,
// so that no query keeps another client waiting. What belongs to the I/O thread is never touched by
// the others: they post their results to it.
#ifndef LIBSQL_SERVER_SERVER_H_
#define LIBSQL_SERVER_SERVER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "server/options.h"

namespace libsql::server {

// Runs from construction to destruction.
//
// Threads: thread-safe.
class Server {
 public:
  // Errors: Error: cannot_open if the address cannot be used or the database not be opened,
  // invalid_argument for keys and certificates that are none.
  explicit Server(const Options& options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // As stop() without patience.
  ~Server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  // The URL of the server, e.g. "http://127.0.0.1:8080".
  [[nodiscard]] std::string url() const;

  // Refuses new clients, lets requests that run end for at most `patience`, then stops them: open
  // transactions roll back. A second call does nothing. Without memory it ends the process.
  // NOLINTNEXTLINE(bugprone-exception-escape)
  void stop(std::chrono::milliseconds patience) noexcept;

 private:
  class Core;
  std::unique_ptr<Core> core_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SERVER_H_
