// Clients of the tests: HTTP and WebSockets as plain bytes, so that a test can send what no client
// would.
#ifndef LIBSQL_TESTS_SERVER_RAW_CLIENT_H_
#define LIBSQL_TESTS_SERVER_RAW_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/stream.hpp>

namespace libsql::testing {

struct RawAnswer {
  int status = 0;
  std::string content_type;
  std::string body;
  bool keep_alive = false;
};

// One connection that is kept between requests.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(context_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), port});
  }

  void send(const std::string& bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  [[nodiscard]] RawAnswer receive() {
    namespace http = boost::beast::http;
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    http::read(socket_, buffer_, parser);
    const http::response<http::string_body>& response = parser.get();
    return {static_cast<int>(response.result_int()),
            std::string(response[http::field::content_type]), response.body(),
            response.keep_alive()};
  }
  // Bytes as they come, at most `most` at once; empty at the end.
  [[nodiscard]] std::string receive_some(std::size_t most = 4096) {
    std::string bytes(most, '\0');
    boost::system::error_code error;
    bytes.resize(socket_.read_some(boost::asio::buffer(bytes), error));
    return bytes;
  }
  [[nodiscard]] RawAnswer get(const std::string& target, const std::string& headers = {}) {
    send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    return receive();
  }
  void start_post(const std::string& target, const std::string& body,
                  const std::string& headers = {}) {
    send("POST " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  [[nodiscard]] RawAnswer post(const std::string& target, const std::string& body,
                               const std::string& headers = {}) {
    start_post(target, body, headers);
    return receive();
  }
  // A pipeline of version 3 in JSON.
  [[nodiscard]] RawAnswer pipeline(const std::string& requests, const std::string& baton = {}) {
    return post("/v3/pipeline", pipeline_body(requests, baton));
  }
  [[nodiscard]] static std::string pipeline_body(const std::string& requests,
                                                 const std::string& baton = {}) {
    const std::string name = baton.empty() ? "null" : '"' + baton + '"';
    return "{\"baton\":" + name + ",\"requests\":[" + requests + "]}";
  }
  void close() { socket_.close(); }

 private:
  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
};

class RawSocket {
 public:
  // `protocols` as the header says them; none without.
  explicit RawSocket(std::uint16_t port, const std::string& protocols = "hrana3")
      : socket_(context_) {
    namespace websocket = boost::beast::websocket;
    socket_.next_layer().connect({boost::asio::ip::address_v4::loopback(), port});
    socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
      if (protocols.empty()) return;
      request.set(boost::beast::http::field::sec_websocket_protocol, protocols);
    }));
    websocket::response_type response;
    socket_.handshake(response, "localhost", "/", error_);
    protocol_ = std::string(response[boost::beast::http::field::sec_websocket_protocol]);
  }

  [[nodiscard]] const std::string& protocol() const { return protocol_; }
  void send(const std::string& message, bool text = true) {
    socket_.text(text);
    socket_.write(boost::asio::buffer(message));
  }
  // The next message; empty if the server has closed.
  [[nodiscard]] std::string receive() {
    boost::beast::flat_buffer buffer;
    socket_.read(buffer, error_);
    return error_ ? std::string() : boost::beast::buffers_to_string(buffer.data());
  }
  // The code of the close frame that the server has sent, after receive() gave nothing; 0 without.
  [[nodiscard]] int close_code() const { return socket_.reason().code; }
  [[nodiscard]] std::string close_reason() const { return socket_.reason().reason.c_str(); }
  // hello, and its answer.
  [[nodiscard]] std::string hello(const std::string& jwt = "null") {
    send(R"({"type":"hello","jwt":)" + jwt + "}");
    return receive();
  }
  // Sends one request in JSON and receives the next message.
  [[nodiscard]] std::string ask(int id, const std::string& request) {
    send(request_message(id, request));
    return receive();
  }
  [[nodiscard]] static std::string request_message(int id, const std::string& request) {
    return R"({"type":"request","request_id":)" + std::to_string(id) + ",\"request\":" + request +
           "}";
  }
  void drop() { socket_.next_layer().close(); }

 private:
  boost::asio::io_context context_;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket> socket_;
  boost::system::error_code error_;
  std::string protocol_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTS_SERVER_RAW_CLIENT_H_
