#include "replica/primary.h"

#include <algorithm>
#include <utility>

#include "hrana/base64.h"
#include "hrana/http_error.h"
#include "hrana/malformed.h"
#include "remote/http_origin.h"
#include "remote/server_error.h"

namespace libsql::replica {

namespace {

constexpr std::size_t kShort = std::size_t{64} << 10;
constexpr int kOk = 200;

constexpr int kPermissionDenied = 7;
constexpr int kUnimplemented = 12;
constexpr int kUnavailable = 14;
constexpr int kUnauthenticated = 16;

// As libSQL's clients derive it from the host, apart from addresses, of which they take the first
// number.
std::string name_space(const std::string& host) {
  const bool address = host.find(':') != std::string::npos || std::ranges::all_of(host, [](char c) {
                         return (c >= '0' && c <= '9') || c == '.';
                       });
  const std::size_t dot = host.find('.');
  return address || dot == std::string::npos ? "default" : host.substr(0, dot);
}

Error refusal(int status, std::string_view body) {
  const std::string message = hrana::decode_http_error(hrana::Encoding::json, status, body).message;
  const std::string text = message + " (HTTP " + std::to_string(status) + ')';
  if (status == 401 || status == 403) return remote::unauthorised(text);
  if (status == 429) return remote::try_again(text);
  if (status == 502 || status == 503 || status == 504) return remote::unreachable(text);
  return {ErrorKind::error, text};
}

}  // namespace

Error error_of(const GrpcStatus& status) {
  const std::string text = "the primary refuses to replicate: " +
                           (status.message.empty() ? "no reason given" : status.message) +
                           " (gRPC status " + std::to_string(status.code) + ')';
  switch (status.code) {
    case kPermissionDenied:
    case kUnauthenticated:
      return remote::unauthorised(text);
    case kUnimplemented:
      return {ErrorKind::unsupported, text};
    case kUnavailable:
      return remote::unreachable(text);
    default:
      return {ErrorKind::error, text};
  }
}

Primary::Primary(std::shared_ptr<remote::HttpOrigin> origin) : origin_(std::move(origin)) {}

void Primary::read_body(remote::Download& download,
                        const std::function<void(std::string_view piece)>& read) {
  try {
    for (std::string_view piece = download.read(); !piece.empty(); piece = download.read()) {
      bytes_ += piece.size();
      if (on_piece_) on_piece_();
      read(piece);
    }
  } catch (const hrana::Malformed& malformed) {
    throw Error(ErrorKind::io, std::string("the primary's answer is not what its protocol says: ") +
                                   malformed.what());
  }
}

std::string Primary::text(remote::Download& download) {
  std::string all = download.read_all(kShort);
  bytes_ += all.size();
  return all;
}

GrpcStatus Primary::call(std::string_view method, const std::string& token,
                         std::string_view message, const GrpcWebReader::Sink& sink) {
  return receive(*send_call(method, token, message), sink);
}

remote::Download::Request Primary::call_request(std::string_view method, const std::string& token,
                                                std::string_view message) const {
  remote::Download::Request request;
  request.target = "/wal_log.ReplicationLog/" + std::string(method);
  request.token_header = "x-authorization";
  std::string name;
  hrana::append_base64(name_space(origin_->url().host), name);
  request.headers = {{"Content-Type", "application/grpc-web"}, {"x-namespace-bin", name}};
  if (!token.empty()) request.headers.emplace_back("x-session-token", token);
  request.body = grpc_request(message);
  return request;
}

void Primary::expect_call(std::string_view method, const std::string& token,
                          std::string_view message) {
  ahead_.expect(origin_, call_request(method, token, message));
}

Primary::Sent Primary::sent_ahead(std::string_view method, const std::string& token,
                                  std::string_view message) {
  return ahead_.take(origin_, call_request(method, token, message));
}

Primary::Sent Primary::send_call(std::string_view method, const std::string& token,
                                 std::string_view message) {
  return send(call_request(method, token, message));
}

GrpcStatus Primary::receive(remote::Download& sent, const GrpcWebReader::Sink& sink) {
  const remote::HttpHead head = sent.head();
  GrpcWebReader reader;
  try {
    if (head.grpc_status && *head.grpc_status != "0") {
      return grpc_status(*head.grpc_status, head.grpc_message);
    }
    if (auto status = grpc_status_of_http(head.status)) {
      status->message =
          hrana::decode_http_error(hrana::Encoding::json, head.status, text(sent)).message;
      return *status;
    }
    read_body(sent, [&](std::string_view piece) { reader.feed(piece, sink); });
    reader.finish();
  } catch (const hrana::Malformed& malformed) {
    throw Error(ErrorKind::io,
                std::string("the primary's answer is not gRPC: ") + malformed.what());
  }
  return reader.status().value_or(GrpcStatus{});
}

Primary::Answer Primary::ask(remote::Download::Request request,
                             const std::function<bool(int status)>& expected) {
  return answer(send(std::move(request)), expected);
}

Primary::Sent Primary::send(remote::Download::Request request) {
  auto sent = std::make_unique<remote::Download>(origin_, std::move(request), patience_);
  sent->send();
  return sent;
}

Primary::Answer Primary::answer(Sent sent, const std::function<bool(int status)>& expected) {
  Answer answer{std::move(sent), 0};
  answer.status = answer.download->head().status;
  if (answer.status == kOk || expected(answer.status)) return answer;
  throw Error(refusal(answer.status, text(*answer.download)));
}

}  // namespace libsql::replica
