// One HTTP connection: reads requests and writes their answers, one after the other.
#ifndef LIBSQL_SERVER_HTTP_SESSION_H_
#define LIBSQL_SERVER_HTTP_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/http_reply.h"
#include "server/services.h"
#include "server/wire.h"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>

namespace libsql::server {

// Keeps itself alive until the client has gone.
//
// Threads: thread-bound, to the I/O thread.
class HttpSession final : public HttpPeer,
                          public Peer,
                          public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(Services& services, Wire wire)
      : services_(services), wire_(std::make_unique<Wire>(std::move(wire))) {}

  void start();
  void finish() override;
  void shut() noexcept override { disconnected(); }

 private:
  using Code = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  void read();
  void on_header(const Code& error);
  void read_body();
  void on_request(const Code& error);
  void upgrade(const HttpRequest& request);
  // The request cannot be read: answers and closes.
  void reject(HttpResponse response);
  // Notices that the client closes while its request runs.
  void watch();
  void on_readable();
  // Reads of the next request what is there already.
  void read_ahead();

  void send(HttpResponse response) override;
  void begin(int status, std::string_view content_type) override;
  void write(std::string piece, std::function<void()> written) override;
  void end() override;
  void abort() noexcept override { disconnected(); }
  void on_disconnect(std::function<void()> handler) override;
  void cut_when_stopping() override { endless_ = true; }

  [[nodiscard]] std::string head_of(int status, std::string_view content_type) const;
  void write_bytes(std::string bytes, std::function<void()> written);
  void answered();
  void disconnected() noexcept;

  Services& services_;
  std::unique_ptr<Wire> wire_;  // Null once it has become a WebSocket's.
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string out_;                   // What is being written.
  std::function<void()> disconnect_;  // Of the request that runs, until its answer has ended.
  std::uint64_t requests_ = 0;
  bool answering_ = false;
  bool keep_alive_ = true;
  bool head_only_ = false;  // The request is a HEAD.
  bool chunked_ = false;
  bool reading_ahead_ = false;
  bool endless_ = false;
  bool closed_ = false;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_HTTP_SESSION_H_
