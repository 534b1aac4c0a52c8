// The JSON codecs behind codec.h.
#ifndef LIBSQL_HRANA_JSON_CODEC_H_
#define LIBSQL_HRANA_JSON_CODEC_H_

#include <memory>
#include <string>

#include "hrana/codec.h"
#include "hrana/json_answers.h"
#include "hrana/json_reader.h"

namespace libsql::hrana {

class JsonClientCodec final : public ClientCodec {
 public:
  explicit JsonClientCodec(const Limits& limits) : reader_(limits), answers_(reader_) {}

  void encode(const PipelineRequest& request, std::string& out) override;
  void encode(const CursorRequest& request, std::string& out) override;
  void encode(const ClientMessage& message, std::string& out) override;
  StreamHead decode_pipeline(std::string& body, std::span<const Request> requests,
                             Receiver& receiver) override;
  void decode_message(std::string& body, ServerMessages& messages) override;
  [[nodiscard]] std::unique_ptr<CursorReader> read_cursor(Receiver& receiver) const override;

 private:
  json::Reader reader_;
  json::AnswerReader answers_;
};

class JsonServerCodec final : public ServerCodec {
 public:
  explicit JsonServerCodec(const Limits& limits) : reader_(limits) {}

  PipelineRequest decode_pipeline(std::string& body) override;
  CursorRequest decode_cursor(std::string& body) override;
  ClientMessage decode_message(std::string& body) override;
  [[nodiscard]] std::unique_ptr<AnswerWriter> write_pipeline() const override;
  [[nodiscard]] std::string pipeline_body(const StreamHead& head,
                                          std::string_view answers) const override;
  [[nodiscard]] std::unique_ptr<AnswerWriter> write_cursor(const StreamHead& head) const override;
  [[nodiscard]] std::unique_ptr<AnswerWriter> write_response(
      std::int32_t request_id) const override;
  [[nodiscard]] std::string hello_ok() const override;
  [[nodiscard]] std::string hello_error(const ErrorView& error) const override;
  [[nodiscard]] std::string error_body(const ErrorView& error) const override;

 private:
  json::Reader reader_;
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_JSON_CODEC_H_
