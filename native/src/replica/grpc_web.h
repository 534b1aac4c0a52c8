// gRPC-web: messages and a final status in the body of an HTTP response.
// Source: github.com/grpc/grpc, doc/PROTOCOL-WEB.md
#ifndef LIBSQL_REPLICA_GRPC_WEB_H_
#define LIBSQL_REPLICA_GRPC_WEB_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "replica/chunks.h"

namespace libsql::replica {

// How a call has ended. Codes: github.com/grpc/grpc, doc/statuscodes.md. A value type.
struct GrpcStatus {
  int code = 0;
  std::string message;
  [[nodiscard]] bool operator==(const GrpcStatus&) const = default;
};

// The status in headers or trailers: their `grpc-status` and `grpc-message`, as they are.
// Errors: Malformed if `code` is no number.
[[nodiscard]] GrpcStatus grpc_status(std::string_view code, std::string_view message);
// The status of a response that has none but that of HTTP; nothing for 200.
[[nodiscard]] std::optional<GrpcStatus> grpc_status_of_http(int status);

// A request of one message.
[[nodiscard]] std::string grpc_request(std::string_view message);

// Threads: thread-compatible.
class GrpcWebReader {
 public:
  struct Sink {
    // Bytes of the current message, in pieces: one may be larger than memory.
    std::function<void(std::string_view bytes)> bytes;
    // The current message is complete.
    std::function<void()> message;
  };
  // Errors: Malformed for a compressed message, or trailers that are too long.
  void feed(std::string_view body, const Sink& sink);
  // The body has ended. Errors: Malformed (truncated) inside a message or its header.
  void finish() const;
  // What the trailers say; nothing if there were none.
  [[nodiscard]] const std::optional<GrpcStatus>& status() const noexcept { return status_; }

 private:
  enum class State : std::uint8_t { header, message, trailers, done };

  void read_header(std::string_view& body, const Sink& sink);
  void read_message(std::string_view& body, const Sink& sink);
  void read_trailers(std::string_view& body);

  State state_ = State::header;
  Chunks chunks_;
  std::size_t left_ = 0;  // of the message or the trailers
  std::optional<GrpcStatus> status_;
};

}  // namespace libsql::replica

#endif  // LIBSQL_REPLICA_GRPC_WEB_H_
