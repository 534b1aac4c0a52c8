// The URL of a server: which transport it means, and what it may contain. The rules are those of
// the JavaScript client, which users' configurations follow.
#ifndef LIBSQL_REMOTE_URL_H_
#define LIBSQL_REMOTE_URL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libsql/text.h"

namespace libsql::remote {

enum class Protocol : std::uint8_t { http, web_socket };

struct Url {
  Protocol protocol = Protocol::http;
  bool tls = true;
  std::string host;  // Lower case; an IPv6 address without its brackets.
  std::uint16_t port = 443;
  std::string path;                       // Without slashes at its end; empty or "/…".
  std::optional<std::string> auth_token;  // From the query. A secret.

  // The host as a Host header and a URL write it, with the port unless it is the default.
  [[nodiscard]] std::string authority() const;
  // A token may be sent there without TLS: localhost, 127.0.0.0/8, ::1.
  [[nodiscard]] bool is_loopback() const;
  // The same server: protocol aside, everything that decides to whom a token is sent.
  [[nodiscard]] bool same_origin(const Url& other) const;
};

// True for the schemes below; every other location is a local database.
[[nodiscard]] bool is_remote_url(TextView text) noexcept;

//   libsql:, turso:, https:   HTTP over TLS, port 443. `libsql:` takes ?tls=0 with an explicit
//   port:
//                             HTTP without TLS
//   http:                     HTTP without TLS, port 80
//   wss:, ws:                 a WebSocket, likewise
// The query may hold tls=0|1 and authToken=…, form-encoded.
// Errors: invalid_argument, which names the part that is wrong and never quotes the query's values.
[[nodiscard]] Url parse_url(TextView text);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_URL_H_
