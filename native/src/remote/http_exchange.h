// The steps of one HTTP exchange: connection, request, head, body.
#ifndef LIBSQL_REMOTE_HTTP_EXCHANGE_H_
#define LIBSQL_REMOTE_HTTP_EXCHANGE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "remote/connector.h"
#include "remote/http.h"
#include "remote/http_connection.h"
#include "remote/http_gate.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

namespace libsql::remote {

// Keeps itself alive until it has finished.
//
// Threads: thread-bound, to the I/O thread.
class HttpExchange : public std::enable_shared_from_this<HttpExchange> {
 public:
  struct Environment {
    const Connector::Environment& way;
    HttpPool& pool;
    HttpGate& gate;
    std::uint64_t max_body_bytes;
  };

  // Calls `ended` before the last event, so that its owner forgets it.
  HttpExchange(const Environment& environment, HttpRequest request,
               std::shared_ptr<HttpEvents> events, std::function<void()> ended);

  void start();
  void cancel();
  // See HttpClient::resume().
  void resume(std::chrono::steady_clock::time_point deadline);

 private:
  using Code = boost::system::error_code;
  using Stage = HttpFailure::Stage;
  using Reason = HttpFailure::Reason;

  // Its turn has come.
  void enter();
  void wait_until(std::chrono::steady_clock::time_point deadline);
  void connect();
  void write();
  void read_head();
  void on_head();
  void read_body();
  void on_body(const Code& error);
  void succeed();
  void fail(Reason reason, const std::string& message);
  // After an error while reading or writing.
  void fail_io(const Code& error);
  void finish(const std::optional<HttpFailure>& failure);
  // A handler that does nothing once the exchange has finished.
  template <typename Next>
  auto then(Next next);

  Environment environment_;
  HttpRequest request_;
  std::shared_ptr<HttpEvents> events_;
  std::function<void()> ended_;
  boost::asio::steady_timer deadline_;
  std::unique_ptr<HttpGate::Place> place_;  // Until it has finished or paused.
  std::shared_ptr<Connector> connector_;    // Until there is a connection.
  std::unique_ptr<HttpConnection> connection_;
  boost::beast::http::request<boost::beast::http::string_body> message_;
  boost::beast::http::response_parser<boost::beast::http::buffer_body> parser_;
  std::span<char> piece_;  // The connection's.
  bool reused_ = false;    // The connection comes from the pool.
  bool writing_ = false;   // Bytes of the request may have left.
  bool answered_ = false;  // Bytes of the answer have come.
  bool paused_ = false;    // By the reader of the body.
  bool finished_ = false;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_EXCHANGE_H_
