// Which proxy a server is reached through, as the environment or an option says.
#ifndef LIBSQL_REMOTE_PROXY_H_
#define LIBSQL_REMOTE_PROXY_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "remote/url.h"

namespace libsql::remote {

struct Proxy {
  std::string host;  // As in Url.
  std::uint16_t port = 80;
  std::string authorization;  // The value of Proxy-Authorization, or empty. A secret.

  // For messages: without credentials.
  [[nodiscard]] std::string authority() const;
};

// Threads: const, so thread-safe.
class ProxySettings {
 public:
  // The value of an environment variable, null if it is not set.
  using Environment = std::function<const char*(const char* name)>;

  // No proxy.
  ProxySettings() = default;

  // HTTPS_PROXY for https: and wss:, HTTP_PROXY for http: and ws:, ALL_PROXY for both, and the
  // exceptions of NO_PROXY, each also in lower case, which takes precedence:
  //   http://[user:password@]host[:port] or host[:port], user and password percent-encoded
  //   NO_PROXY: names separated by commas. `example.org` and `.example.org` mean the host with all
  //   below it, `10.0.0.0/8` a network, `host:port` one port, `*` everything.
  // HTTP_PROXY in upper case does not count where REQUEST_METHOD is set: a CGI program gets it from
  // its client (httpoxy.org).
  // Errors: invalid_argument for a proxy that is no such URL; the message names the variable and
  // does not quote its value.
  [[nodiscard]] static ProxySettings from_environment(const Environment& environment);

  // This proxy for every server, as HTTPS_PROXY would name it; none if `url` is empty.
  // Errors: as above.
  [[nodiscard]] static ProxySettings for_all(std::string_view url);

  // Null: the server is reached directly. So is the loopback interface always.
  [[nodiscard]] const Proxy* for_server(const Url& server) const;

 private:
  [[nodiscard]] bool is_exception(const Url& server) const;

  std::optional<Proxy> for_tls_;
  std::optional<Proxy> for_plain_;
  std::vector<std::string> exceptions_;  // Lower case.
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_PROXY_H_
