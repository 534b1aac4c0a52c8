// Encoding and decoding of Hrana, from both ends. A client encodes requests and decodes answers; a
// server decodes requests and encodes answers. Both exist in JSON and in Protobuf, behind the same
// interfaces; a transport chooses with make_client_codec() and make_server_codec().
//
// Decoders take the received bytes as a string that they may change: base64 is decoded in place,
// and JSON needs spare capacity behind the text. What they return, or pass to a receiver, points
// into that string where it can (Protobuf; JSON texts without escapes) and else into memory of the
// codec. It holds until the string changes or the codec decodes again.
//
// Unknown members and fields are ignored, unknown types are errors. Errors of all decoders:
// Malformed. Errors of encoders: libsql::Error invalid_argument for a value that the encoding
// cannot carry, before anything is appended.
#ifndef LIBSQL_HRANA_CODEC_H_
#define LIBSQL_HRANA_CODEC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hrana/limits.h"
#include "hrana/messages.h"
#include "hrana/receiver.h"

namespace libsql::hrana {

enum class Encoding : std::uint8_t { json, protobuf };

// What a WebSocket client receives.
class ServerMessages {
 public:
  ServerMessages() = default;
  ServerMessages(const ServerMessages&) = delete;
  ServerMessages& operator=(const ServerMessages&) = delete;
  virtual ~ServerMessages() = default;

  virtual void hello_ok() = 0;
  virtual void hello_error(const ErrorView& error) = 0;
  // Whom the answer to this request goes to: begin() … end(), or error(). Null if no such request
  // is open, which is an error of the server.
  virtual Receiver* receiver_of(std::int32_t request_id) = 0;
};

// Decodes the body of an HTTP cursor, which may arrive in pieces of any size.
class CursorReader {
 public:
  CursorReader() = default;
  CursorReader(const CursorReader&) = delete;
  CursorReader& operator=(const CursorReader&) = delete;
  virtual ~CursorReader() = default;

  // Takes the next bytes, for next().
  virtual void add(std::string_view bytes) = 0;
  // Pushes the next entry that is complete; false if there is none. Views hold until the next call.
  [[nodiscard]] virtual bool next() = 0;
  // Both at once: pushes all entries that are complete.
  void feed(std::string_view bytes) {
    add(bytes);
    while (next()) {
    }
  }
  // The body has ended cleanly. Errors: truncated inside an entry, inside a step, or without head.
  // The last entry of sqld, replication_index, is not required: Turso Cloud ends without it.
  virtual void finish() = 0;
  // The first entry, once it has arrived.
  struct Head {
    std::optional<std::string> baton;
    std::optional<std::string> base_url;
  };
  [[nodiscard]] virtual const std::optional<Head>& head() const noexcept = 0;
};

// Threads: thread-compatible.
class ClientCodec {
 public:
  ClientCodec() = default;
  ClientCodec(const ClientCodec&) = delete;
  ClientCodec& operator=(const ClientCodec&) = delete;
  virtual ~ClientCodec() = default;

  // Append one message to `out`.
  virtual void encode(const PipelineRequest& request, std::string& out) = 0;
  virtual void encode(const CursorRequest& request, std::string& out) = 0;
  virtual void encode(const ClientMessage& message, std::string& out) = 0;

  // The answers to `requests`, in their order; they must agree in number and type.
  virtual StreamHead decode_pipeline(std::string& body, std::span<const Request> requests,
                                     Receiver& receiver) = 0;
  virtual void decode_message(std::string& body, ServerMessages& messages) = 0;
  // Lifetime: the receiver must outlive the reader; the codec need not.
  [[nodiscard]] virtual std::unique_ptr<CursorReader> read_cursor(Receiver& receiver) const = 0;
};

// Encodes answers: a receiver whose events are appended to a text. A row that the encoding cannot
// carry (a text that is not UTF-8; in JSON an infinite number) makes its step an error with the
// code UNSUPPORTED_VALUE: row() returns false, and the rest of the step is ignored.
class AnswerWriter : public Receiver {
 public:
  // What has been written since the last take(): answers after end() or error(), and whole entries
  // of a cursor at any time.
  [[nodiscard]] virtual std::string take() = 0;
};

// Threads: thread-compatible.
class ServerCodec {
 public:
  ServerCodec() = default;
  ServerCodec(const ServerCodec&) = delete;
  ServerCodec& operator=(const ServerCodec&) = delete;
  virtual ~ServerCodec() = default;

  virtual PipelineRequest decode_pipeline(std::string& body) = 0;
  virtual CursorRequest decode_cursor(std::string& body) = 0;
  virtual ClientMessage decode_message(std::string& body) = 0;

  // Answers to the requests of a pipeline, for pipeline_body().
  [[nodiscard]] virtual std::unique_ptr<AnswerWriter> write_pipeline() const = 0;
  [[nodiscard]] virtual std::string pipeline_body(const StreamHead& head,
                                                  std::string_view answers) const = 0;
  // The body of an HTTP cursor, with its head.
  [[nodiscard]] virtual std::unique_ptr<AnswerWriter> write_cursor(
      const StreamHead& head) const = 0;
  // The answer to one request of a WebSocket, as one message.
  [[nodiscard]] virtual std::unique_ptr<AnswerWriter> write_response(
      std::int32_t request_id) const = 0;
  [[nodiscard]] virtual std::string hello_ok() const = 0;
  [[nodiscard]] virtual std::string hello_error(const ErrorView& error) const = 0;
  // The body of an HTTP error.
  [[nodiscard]] virtual std::string error_body(const ErrorView& error) const = 0;
};

[[nodiscard]] std::unique_ptr<ClientCodec> make_client_codec(Encoding encoding,
                                                             const Limits& limits = {});
[[nodiscard]] std::unique_ptr<ServerCodec> make_server_codec(Encoding encoding,
                                                             const Limits& limits = {});

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_CODEC_H_
