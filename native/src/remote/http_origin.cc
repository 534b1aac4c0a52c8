#include "remote/http_origin.h"

#include <algorithm>
#include <array>
#include <utility>

namespace libsql::remote {

namespace {

constexpr std::array<std::string_view, 7> kOwnHeaders{
    "authorization", "connection",        "content-length",        "content-type",
    "host",          "transfer-encoding", "x-turso-encryption-key"};

bool is_own(std::string_view name) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::any_of(kOwnHeaders, [&](std::string_view own) {
    return std::ranges::equal(own, name, {}, {}, lower);
  });
}

bool is_token_byte(char c) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != std::string_view::npos;
}

// Source: RFC 9110, sections 5.1 and 5.5.
void check_header(std::string_view name, std::string_view value) {
  const auto refuse = [&](const char* problem) {
    throw Error(ErrorKind::invalid_argument, "the header " + std::string(name) + problem);
  };
  if (name.empty() || !std::ranges::all_of(name, is_token_byte)) {
    throw Error(ErrorKind::invalid_argument, "a header's name is empty or not a name of HTTP");
  }
  if (is_own(name)) refuse(" is sent by the library itself: leave it out");
  const auto is_control = [](char c) { return (c >= '\0' && c < ' ' && c != '\t') || c == '\x7F'; };
  if (std::ranges::any_of(value, is_control)) refuse(" has a control character in its value");
}

hrana::Encoding encoding_of(RemoteEncoding encoding) noexcept {
  return encoding == RemoteEncoding::protobuf ? hrana::Encoding::protobuf : hrana::Encoding::json;
}

}  // namespace

HttpOrigin::HttpOrigin(Url url, const RemoteOptions& options, HttpEnvironment environment)
    : url_(std::move(url)),
      options_(options),
      environment_(std::move(environment)),
      encoding_(encoding_of(options.encoding)),
      decoder_(hrana::make_client_codec(encoding_)) {
  for (const auto& [name, value] : options_.headers) check_header(name, value);
}

void HttpOrigin::ask_token(TokenAnswer::Taker taker) const {
  if (const auto* ask = std::get_if<TokenFunction>(&options_.auth_token)) {
    (*ask)(TokenAnswer(std::move(taker)));
  } else if (const auto* token = std::get_if<AuthToken>(&options_.auth_token)) {
    taker(*token, nullptr);
  } else {
    taker(std::nullopt, nullptr);
  }
}

HttpRequest HttpOrigin::request(const Url& server, Endpoint endpoint, int version,
                                const std::optional<AuthToken>& token) const {
  const bool protobuf = encoding_ == hrana::Encoding::protobuf;
  HttpRequest request;
  request.url = server;
  request.target = server.path +
                   (version == 2 ? "/v2"
                    : protobuf   ? "/v3-protobuf"
                                 : "/v3") +
                   (endpoint == Endpoint::cursor ? "/cursor" : "/pipeline");
  request.headers.emplace_back("Content-Type",
                               protobuf ? "application/x-protobuf" : "application/json");
  if (!server.same_origin(url_)) return request;
  for (const auto& [name, value] : options_.headers) request.headers.emplace_back(name, value);
  if (token) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(token->bytes()));
  }
  if (options_.encryption_key) {
    request.headers.emplace_back("x-turso-encryption-key",
                                 std::string(options_.encryption_key->bytes()));
  }
  return request;
}

hrana::ClientCodec& encoder_of_thread(hrana::Encoding encoding) {
  thread_local const auto json = hrana::make_client_codec(hrana::Encoding::json);
  thread_local const auto protobuf = hrana::make_client_codec(hrana::Encoding::protobuf);
  return encoding == hrana::Encoding::json ? *json : *protobuf;
}

}  // namespace libsql::remote
