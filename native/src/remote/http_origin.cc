#include "remote/http_origin.h"

#include <utility>

#include "remote/headers.h"

namespace libsql::remote {

namespace {

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
  check_headers(options_);
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

HttpRequest HttpOrigin::request(const Url& server, Endpoint endpoint, Dialect dialect,
                                const std::optional<AuthToken>& token) const {
  HttpRequest request;
  request.url = server;
  if (endpoint == Endpoint::listen) {
    request.method = "GET";
    request.target = server.path + "/beta/listen";
    request.headers.emplace_back("Accept", "text/event-stream");
    request.endless = true;
  } else {
    const bool protobuf = encoding_ == hrana::Encoding::protobuf;
    // Version 2 has no cursors: their rows come with a pipeline.
    const bool is_old = version_of(dialect) == 2;
    request.target = server.path +
                     (is_old     ? "/v2"
                      : protobuf ? "/v3-protobuf"
                                 : "/v3") +
                     (endpoint == Endpoint::cursor && !is_old ? "/cursor" : "/pipeline");
    request.headers.emplace_back("Content-Type",
                                 protobuf ? "application/x-protobuf" : "application/json");
  }
  if (server.same_origin(url_)) add_headers(token, request.headers);
  return request;
}

void HttpOrigin::add_headers(const std::optional<AuthToken>& token, HttpHeaders& headers) const {
  for (const auto& [name, value] : options_.headers) headers.emplace_back(name, value);
  if (token) headers.emplace_back("Authorization", "Bearer " + std::string(token->bytes()));
  if (options_.encryption_key) {
    headers.emplace_back("x-turso-encryption-key", std::string(options_.encryption_key->bytes()));
  }
}

}  // namespace libsql::remote
