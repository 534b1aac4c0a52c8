#include "hrana/protobuf_codec.h"

#include "hrana/append_whole.h"
#include "hrana/cursor_body.h"
#include "hrana/protobuf_reader.h"
#include "hrana/protobuf_requests.h"
#include "hrana/protobuf_writer.h"

#include <protozero/pbf_writer.hpp>

namespace libsql::hrana {
namespace {

template <typename Message>
void append_whole(const Message& message, std::string& out) {
  AppendWhole whole(out);
  protobuf::append(message, out);
  whole.keep();
}

class ProtobufCursorBody final : public CursorBody {
 public:
  ProtobufCursorBody(const Limits& limits, Receiver& receiver)
      : CursorBody(Framing::length, limits.max_bytes, 0, receiver),
        limits_(limits),
        answers_(limits) {}

 private:
  [[nodiscard]] StreamHead decode_head(std::span<char> frame) override {
    const std::string_view message(frame.data(), frame.size());
    return protobuf::guarded(message, limits_,
                             [&] { return protobuf::AnswerReader::head(message); });
  }
  void decode_entry(std::span<char> frame, Receiver& receiver) override {
    const std::string_view message(frame.data(), frame.size());
    answers_.start();
    protobuf::guarded(message, limits_, [&] { answers_.cursor_entry(message, receiver); });
  }

  Limits limits_;
  protobuf::AnswerReader answers_;
};

}  // namespace

void ProtobufClientCodec::encode(const PipelineRequest& request, std::string& out) {
  append_whole(request, out);
}
void ProtobufClientCodec::encode(const CursorRequest& request, std::string& out) {
  append_whole(request, out);
}
void ProtobufClientCodec::encode(const ClientMessage& message, std::string& out) {
  append_whole(message, out);
}

StreamHead ProtobufClientCodec::decode_pipeline(std::string& body,
                                                std::span<const Request> requests,
                                                Receiver& receiver) {
  answers_.start();
  return protobuf::guarded(body, limits_,
                           [&] { return answers_.pipeline(body, requests, receiver); });
}

void ProtobufClientCodec::decode_message(std::string& body, ServerMessages& messages) {
  answers_.start();
  protobuf::guarded(body, limits_, [&] { answers_.server_message(body, messages); });
}

std::unique_ptr<CursorReader> ProtobufClientCodec::read_cursor(Receiver& receiver) const {
  return std::make_unique<ProtobufCursorBody>(limits_, receiver);
}

PipelineRequest ProtobufServerCodec::decode_pipeline(std::string& body) {
  return protobuf::guarded(body, limits_, [&] { return protobuf::read_pipeline(body, limits_); });
}
CursorRequest ProtobufServerCodec::decode_cursor(std::string& body) {
  return protobuf::guarded(body, limits_, [&] { return protobuf::read_cursor(body, limits_); });
}
ClientMessage ProtobufServerCodec::decode_message(std::string& body) {
  return protobuf::guarded(body, limits_,
                           [&] { return protobuf::read_client_message(body, limits_); });
}

std::unique_ptr<AnswerWriter> ProtobufServerCodec::write_pipeline() const {
  return std::make_unique<protobuf::Writer>(protobuf::Writer::Frame::pipeline);
}
std::string ProtobufServerCodec::pipeline_body(const StreamHead& head,
                                               std::string_view answers) const {
  std::string out;
  protobuf::append_head(head, out);
  out += answers;
  return out;
}
std::unique_ptr<AnswerWriter> ProtobufServerCodec::write_cursor(const StreamHead& head) const {
  auto writer = std::make_unique<protobuf::Writer>(protobuf::Writer::Frame::cursor);
  writer->put_head(head);
  return writer;
}
std::unique_ptr<AnswerWriter> ProtobufServerCodec::write_response(std::int32_t request_id) const {
  return std::make_unique<protobuf::Writer>(protobuf::Writer::Frame::response, request_id);
}

std::string ProtobufServerCodec::hello_ok() const {
  std::string out;
  protozero::pbf_writer(out).add_message(1, std::string());
  return out;
}

std::string ProtobufServerCodec::hello_error(const ErrorView& error) const {
  std::string out;
  protozero::pbf_writer writer(out);
  protozero::pbf_writer message(writer, 2);
  message.add_message(1, protobuf::error_message(error));
  return out;
}

std::string ProtobufServerCodec::error_body(const ErrorView& error) const {
  return protobuf::error_message(error);
}

}  // namespace libsql::hrana
