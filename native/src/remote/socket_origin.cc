#include "remote/socket_origin.h"

#include <array>
#include <utility>

#include "remote/headers.h"

namespace libsql::remote {

namespace {

// In the order of preference.
constexpr std::array<std::string_view, 4> kNames{"hrana3-protobuf", "hrana3", "hrana2", "hrana1"};

// One object for each, so that it can be shared between threads by its address.
const hrana::Subprotocol& shared(const hrana::Subprotocol& subprotocol) {
  static const std::array<hrana::Subprotocol, kNames.size()> kAll{
      *hrana::find_subprotocol(kNames[0]), *hrana::find_subprotocol(kNames[1]),
      *hrana::find_subprotocol(kNames[2]), *hrana::find_subprotocol(kNames[3])};
  for (const hrana::Subprotocol& one : kAll) {
    if (one == subprotocol) return one;
  }
  return kAll.back();
}

// Servers choose by their own preference, sqld Protobuf first: who wants JSON does not offer it.
std::string offered(RemoteEncoding encoding) {
  return encoding == RemoteEncoding::protobuf ? "hrana3-protobuf, hrana3, hrana2, hrana1"
                                              : "hrana3, hrana2, hrana1";
}

const hrana::Subprotocol& newest(RemoteEncoding encoding) {
  const bool protobuf = encoding == RemoteEncoding::protobuf;
  return shared(*hrana::find_subprotocol(protobuf ? "hrana3-protobuf" : "hrana3"));
}

// Trusts nobody: for servers without TLS.
std::shared_ptr<boost::asio::ssl::context> without_certificates() {
  auto context = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  context->set_verify_mode(boost::asio::ssl::verify_peer);
  return context;
}

}  // namespace

SocketOrigin::SocketOrigin(Url url, const RemoteOptions& options, SocketEnvironment environment)
    : url_(std::move(url)),
      options_(options),
      environment_(std::move(environment)),
      offered_(offered(options.encoding)),
      tls_(environment_.tls ? environment_.tls : without_certificates()),
      way_{environment_.io.context(), *tls_, environment_.io.resolver(), environment_.proxies},
      subprotocol_(&newest(options.encoding)) {
  check_headers(options_);
}

std::optional<int> SocketOrigin::version() const noexcept {
  if (!known_) return std::nullopt;
  return subprotocol().version;
}

void SocketOrigin::set_subprotocol(const hrana::Subprotocol& subprotocol) {
  subprotocol_ = &shared(subprotocol);
  known_ = true;
}

std::optional<AuthToken> SocketOrigin::token() const {
  if (const auto* token = std::get_if<AuthToken>(&options_.auth_token)) return *token;
  return std::nullopt;
}

void SocketOrigin::ask_token(TokenAnswer::Taker taker) const {
  std::get<TokenFunction>(options_.auth_token)(TokenAnswer(std::move(taker)));
}

WebSocketRequest SocketOrigin::request(const std::optional<AuthToken>& token) const {
  WebSocketRequest request;
  request.server = url_;
  request.subprotocols = offered_;
  for (const auto& [name, value] : options_.headers) {
    request.headers.emplace_back(std::string_view(name), std::string_view(value));
  }
  if (token) {
    request.headers.emplace_back("Authorization", "Bearer " + std::string(token->bytes()));
  }
  if (options_.encryption_key) {
    request.headers.emplace_back("x-turso-encryption-key",
                                 std::string(options_.encryption_key->bytes()));
  }
  request.deadline = std::chrono::steady_clock::now() + options_.connect_timeout;
  return request;
}

}  // namespace libsql::remote
