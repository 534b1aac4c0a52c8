#include "replica/grpc_web.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "core/big_endian.h"

namespace libsql::replica {

namespace {

using hrana::Fault;
using hrana::Malformed;

constexpr std::size_t kHeaderBytes = 5;
constexpr unsigned char kTrailers = 0x80;
constexpr unsigned char kCompressed = 0x01;
constexpr std::size_t kMaxTrailers = std::size_t{64} * 1024;

constexpr int kUnknown = 2;
constexpr int kPermissionDenied = 7;
constexpr int kUnimplemented = 12;
constexpr int kInternal = 13;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    const char* const digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

std::optional<GrpcStatus> status_in(std::string_view trailers) {
  std::optional<std::string_view> code;
  std::string_view message;
  while (!trailers.empty()) {
    const std::size_t end = std::min(trailers.find('\n'), trailers.size());
    const std::string_view line = trailers.substr(0, end);
    trailers.remove_prefix(std::min(end + 1, trailers.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = trimmed(line.substr(0, colon));
    if (same_name(name, "grpc-status")) code = line.substr(colon + 1);
    if (same_name(name, "grpc-message")) message = line.substr(colon + 1);
  }
  return code ? std::optional(grpc_status(*code, message)) : std::nullopt;
}

}  // namespace

GrpcStatus grpc_status(std::string_view code, std::string_view message) {
  GrpcStatus status;
  const std::string_view digits = trimmed(code);
  const char* const end = digits.data() + digits.size();
  const auto [stopped, failed] = std::from_chars(digits.data(), end, status.code);
  if (digits.empty() || failed != std::errc() || stopped != end) {
    throw Malformed(Fault::wrong_type, "grpc-status", "is not a number");
  }
  status.message = percent_decoded(trimmed(message));
  return status;
}

std::optional<GrpcStatus> grpc_status_of_http(int status) {
  constexpr int kOk = 200;
  const std::string text = "HTTP status " + std::to_string(status);
  switch (status) {
    case kOk:
      return std::nullopt;
    case 400:
      return GrpcStatus{kInternal, text};
    case 401:
      return GrpcStatus{kUnauthenticated, text};
    case 403:
      return GrpcStatus{kPermissionDenied, text};
    case 404:
      return GrpcStatus{kUnimplemented, text};
    case 429:
    case 502:
    case 503:
    case 504:
      return GrpcStatus{kUnavailable, text};
    default:
      return GrpcStatus{kUnknown, text};
  }
}

std::string grpc_request(std::string_view message) {
  unsigned char header[kHeaderBytes] = {};
  core::store_be32(header + 1, static_cast<std::uint32_t>(message.size()));
  std::string request(reinterpret_cast<const char*>(header), kHeaderBytes);
  return request.append(message);
}

void GrpcWebReader::feed(std::string_view body, const Sink& sink) {
  while (!body.empty()) {
    switch (state_) {
      case State::header:
        read_header(body, sink);
        break;
      case State::message:
        read_message(body, sink);
        break;
      case State::trailers:
        read_trailers(body);
        break;
      case State::done:
        return;
    }
  }
}

void GrpcWebReader::read_header(std::string_view& body, const Sink& sink) {
  if (!chunks_.collect(body, kHeaderBytes)) return;
  const auto* const header = reinterpret_cast<const unsigned char*>(chunks_.bytes().data());
  const unsigned char flags = header[0];
  left_ = core::load_be32(header + 1);
  chunks_.clear();
  if ((flags & kCompressed) != 0) {
    throw Malformed(Fault::wrong_type, "message", "is compressed, which was not asked for");
  }
  if ((flags & kTrailers) == 0) {
    state_ = State::message;
    if (left_ == 0) read_message(body, sink);
    return;
  }
  if (left_ > kMaxTrailers) throw Malformed(Fault::too_large, "trailers", "are larger than 64 KiB");
  state_ = State::trailers;
  if (left_ == 0) state_ = State::done;
}

void GrpcWebReader::read_message(std::string_view& body, const Sink& sink) {
  const std::string_view part = body.substr(0, left_);
  if (!part.empty()) sink.bytes(part);
  body.remove_prefix(part.size());
  left_ -= part.size();
  if (left_ > 0) return;
  state_ = State::header;
  sink.message();
}

void GrpcWebReader::read_trailers(std::string_view& body) {
  if (!chunks_.collect(body, left_)) return;
  status_ = status_in(chunks_.bytes());
  state_ = State::done;
}

void GrpcWebReader::finish() const {
  const bool between = state_ == State::header && chunks_.empty();
  if (between || state_ == State::done) return;
  throw Malformed(Fault::truncated, "", "the body ended inside a message");
}

}  // namespace libsql::replica
