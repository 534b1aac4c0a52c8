#include "hrana/http_error.h"

#include <algorithm>
#include <cstddef>

#include "hrana/json_reader.h"
#include "hrana/malformed.h"
#include "hrana/protobuf_reader.h"
#include "hrana/text.h"

namespace libsql::hrana {
namespace {

constexpr Limits kLimits{std::size_t{64} << 10, 1, 100};
constexpr std::size_t kMaxTextBytes = 300;

HttpError owned(const ErrorView& error) {
  HttpError result{std::string(error.message), std::nullopt};
  if (error.code) result.code = std::string(*error.code);
  return result;
}

std::optional<HttpError> from_json(std::string_view body) {
  std::optional<HttpError> result;
  std::string text(body);
  json::Reader reader(kLimits);
  try {
    reader.read(text, [&](simdjson::ondemand::object& object) {
      if (auto message = json::Reader::find(object, "message")) {
        ErrorView error{reader.text("message", *message), {}, {}};
        auto code = json::Reader::find(object, "code");
        if (code) error.code = reader.optional_text("code", *code);
        result = owned(error);
      } else if (auto error = json::Reader::find(object, "error")) {
        result = owned({reader.text("error", *error), {}, {}});
      }
    });
  } catch (const Malformed&) {
    return std::nullopt;
  }
  return result;
}

std::optional<HttpError> from_protobuf(std::string_view body) {
  try {
    const ErrorView error =
        protobuf::guarded(body, kLimits, [&] { return protobuf::read_error(body); });
    if (!error.message.empty()) return owned(error);
  } catch (const Malformed&) {
    return std::nullopt;
  }
  return std::nullopt;
}

bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' && c != '\t') ||
         c == '\x7F';
}

std::optional<HttpError> from_text(std::string_view body) {
  const std::string_view space = " \t\r\n";
  const std::size_t begin = body.find_first_not_of(space);
  if (begin == std::string_view::npos) return std::nullopt;
  body = body.substr(begin, body.find_last_not_of(space) + 1 - begin);
  const bool markup = body.front() == '<' || body.front() == '{' || body.front() == '[';
  if (markup || body.size() > kMaxTextBytes || !is_utf8_fast(body) ||
      std::ranges::any_of(body, is_control)) {
    return std::nullopt;
  }
  return HttpError{std::string(body), std::nullopt};
}

}  // namespace

HttpError decode_http_error(Encoding encoding, int status, std::string_view body) {
  if (encoding == Encoding::protobuf) {
    // Only errors of a stream come in Protobuf, those of the server's rim in JSON or as text. A
    // text can look like a message of Protobuf, but hardly with nothing else behind it.
    if (auto error = from_protobuf(body)) return std::move(*error);
  }
  if (auto error = from_json(body)) return std::move(*error);
  if (auto error = from_text(body)) return std::move(*error);
  return {"HTTP status " + std::to_string(status), std::nullopt};
}

}  // namespace libsql::hrana
