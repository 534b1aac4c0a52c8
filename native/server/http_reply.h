// The answer to one HTTP request, whole or in pieces.
#ifndef LIBSQL_SERVER_HTTP_REPLY_H_
#define LIBSQL_SERVER_HTTP_REPLY_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "server/failures.h"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

namespace libsql::server {

struct HttpRequest {
  boost::beast::http::request<boost::beast::http::string_body> message;
  std::string path;   // Without the query.
  std::string query;  // Without the question mark.

  [[nodiscard]] std::optional<std::string_view> header(boost::beast::http::field name) const {
    const auto found = message.find(name);
    if (found == message.end()) return std::nullopt;
    return std::string_view(found->value().data(), found->value().size());
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  std::string allow = {};  // The header of that name.
};

// The kinds of content. JSON has no parameters: the JavaScript client ignores bodies of errors
// otherwise.
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProtobuf = "application/x-protobuf";
inline constexpr std::string_view kText = "text/plain";

// Where an answer goes.
//
// Threads: thread-bound, to the I/O thread.
class HttpPeer {
 public:
  HttpPeer() = default;
  HttpPeer(const HttpPeer&) = delete;
  HttpPeer& operator=(const HttpPeer&) = delete;
  virtual ~HttpPeer() = default;

  virtual void send(HttpResponse response) = 0;
  virtual void begin(int status, std::string_view content_type) = 0;
  virtual void write(std::string piece, std::function<void()> written) = 0;
  virtual void end() = 0;
  virtual void abort() noexcept = 0;
  virtual void on_disconnect(std::function<void()> handler) = 0;
  virtual void cut_when_stopping() = 0;
};

// The right to answer, once: with send(), or begin(), write() …, end(). Without an answer, the
// client gets an error when this object dies.
//
// Threads: thread-bound, to the I/O thread.
class HttpReply {
 public:
  explicit HttpReply(std::shared_ptr<HttpPeer> peer) : peer_(std::move(peer)) {}
  HttpReply(HttpReply&&) noexcept = default;
  HttpReply(const HttpReply&) = delete;
  HttpReply& operator=(const HttpReply&) = delete;
  HttpReply& operator=(HttpReply&&) = delete;
  ~HttpReply();

  void send(HttpResponse response);
  void begin(int status, std::string_view content_type);
  // `written` is called when the client may get more. REQUIRES: the last piece was written.
  void write(std::string piece, std::function<void()> written) {
    if (peer_) peer_->write(std::move(piece), std::move(written));
  }
  void end();
  // The client goes before the answer has ended. Called once at most, never after send() or end():
  // the stream may serve another request from then on.
  void on_disconnect(std::function<void()> handler) {
    if (peer_) peer_->on_disconnect(std::move(handler));
  }
  // The answer has no end: a server that stops does not wait for it.
  void cut_when_stopping() {
    if (peer_) peer_->cut_when_stopping();
  }

 private:
  std::shared_ptr<HttpPeer> peer_;  // Null once the answer has ended.
  bool begun_ = false;
};

// An error as JSON.
[[nodiscard]] HttpResponse json_error(int status, const hrana::ErrorView& error);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_HTTP_REPLY_H_
