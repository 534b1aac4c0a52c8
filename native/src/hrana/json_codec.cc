#include "hrana/json_codec.h"

#include "hrana/append_whole.h"
#include "hrana/cursor_body.h"
#include "hrana/json_requests.h"
#include "hrana/json_text.h"
#include "hrana/json_writer.h"
#include "hrana/text.h"

namespace libsql::hrana {
namespace {

template <typename Message>
void append_whole(const Message& message, std::string& out) {
  AppendWhole whole(out);
  json::append(message, out);
  whole.keep();
}

class JsonCursorBody final : public CursorBody {
 public:
  JsonCursorBody(const Limits& limits, Receiver& receiver)
      : CursorBody(Framing::lines, limits.max_bytes, simdjson::SIMDJSON_PADDING, receiver),
        reader_(limits),
        answers_(reader_) {}

 private:
  [[nodiscard]] StreamHead decode_head(std::span<char> frame) override {
    StreamHead head;
    reader_.read(padded(frame), [&](auto& object) { head = answers_.head(object); });
    return head;
  }
  void decode_entry(std::span<char> frame, Receiver& receiver) override {
    answers_.start();
    reader_.read(padded(frame), [&](auto& object) { answers_.cursor_entry(object, receiver); });
  }
  [[nodiscard]] static json::PaddedText padded(std::span<char> frame) {
    return {frame.data(), frame.size(), frame.size() + simdjson::SIMDJSON_PADDING};
  }

  json::Reader reader_;
  json::AnswerReader answers_;
};

}  // namespace

void JsonClientCodec::encode(const PipelineRequest& request, std::string& out) {
  append_whole(request, out);
}
void JsonClientCodec::encode(const CursorRequest& request, std::string& out) {
  append_whole(request, out);
}
void JsonClientCodec::encode(const ClientMessage& message, std::string& out) {
  append_whole(message, out);
}

StreamHead JsonClientCodec::decode_pipeline(std::string& body, std::span<const Request> requests,
                                            Receiver& receiver) {
  StreamHead head;
  answers_.start();
  reader_.read(body, [&](auto& object) { head = answers_.pipeline(object, requests, receiver); });
  return head;
}

void JsonClientCodec::decode_message(std::string& body, ServerMessages& messages) {
  answers_.start();
  reader_.read(body, [&](auto& object) { answers_.server_message(object, messages); });
}

std::unique_ptr<CursorReader> JsonClientCodec::read_cursor(Receiver& receiver) const {
  return std::make_unique<JsonCursorBody>(reader_.limits(), receiver);
}

PipelineRequest JsonServerCodec::decode_pipeline(std::string& body) {
  PipelineRequest request;
  reader_.read(body, [&](auto& object) { request = json::read_pipeline(reader_, object); });
  return request;
}

CursorRequest JsonServerCodec::decode_cursor(std::string& body) {
  CursorRequest request;
  reader_.read(body, [&](auto& object) { request = json::read_cursor(reader_, object); });
  return request;
}

ClientMessage JsonServerCodec::decode_message(std::string& body) {
  ClientMessage message;
  reader_.read(body, [&](auto& object) { message = json::read_client_message(reader_, object); });
  return message;
}

std::unique_ptr<AnswerWriter> JsonServerCodec::write_pipeline() const {
  return std::make_unique<json::Writer>(json::Writer::Frame::pipeline);
}
std::string JsonServerCodec::pipeline_body(const StreamHead& head, std::string_view answers) const {
  std::string out = "{";
  json::append_head(head, out);
  out += ",\"results\":[";
  out += answers;
  out += "]}";
  return out;
}
std::unique_ptr<AnswerWriter> JsonServerCodec::write_cursor(const StreamHead& head) const {
  auto writer = std::make_unique<json::Writer>(json::Writer::Frame::cursor);
  writer->put_head(head);
  return writer;
}
std::unique_ptr<AnswerWriter> JsonServerCodec::write_response(std::int32_t request_id) const {
  return std::make_unique<json::Writer>(json::Writer::Frame::response, request_id);
}

std::string JsonServerCodec::hello_ok() const { return R"({"type":"hello_ok"})"; }

std::string JsonServerCodec::hello_error(const ErrorView& error) const {
  std::string out = R"({"type":"hello_error","error":)";
  json::append_error(error, out);
  out += '}';
  return out;
}

std::string JsonServerCodec::error_body(const ErrorView& error) const {
  std::string out;
  json::append_error(error, out);
  return out;
}

}  // namespace libsql::hrana
