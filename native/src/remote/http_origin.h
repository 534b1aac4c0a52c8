// A server that is reached over HTTP: its URL, its token, what was learnt about it.
#ifndef LIBSQL_REMOTE_HTTP_ORIGIN_H_
#define LIBSQL_REMOTE_HTTP_ORIGIN_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "hrana/codec.h"
#include "libsql/remote_options.h"
#include "remote/backoff.h"
#include "remote/dialect.h"
#include "remote/http_client.h"
#include "remote/io_thread.h"
#include "remote/url.h"

namespace libsql::remote {

// What the transport takes from outside, so that tests can put doubles there.
struct HttpEnvironment {
  IoThread& io;
  std::shared_ptr<HttpClient> client;
  std::function<double()> draw;  // Random numbers in [0, 1); thread-safe.
  Backoff::Options backoff;
};

enum class Endpoint : std::uint8_t { pipeline, cursor, listen };

// Threads: thread-safe, unless stated otherwise.
class HttpOrigin {
 public:
  // Errors: invalid_argument for a header that the library sends itself, and for one with a control
  // character; the message does not quote its value.
  HttpOrigin(Url url, const RemoteOptions& options, HttpEnvironment environment);

  [[nodiscard]] const Url& url() const noexcept { return url_; }
  [[nodiscard]] hrana::Encoding encoding() const noexcept { return encoding_; }
  [[nodiscard]] IoThread& io() const noexcept { return environment_.io; }
  [[nodiscard]] HttpClient& client() const noexcept { return *environment_.client; }
  [[nodiscard]] Backoff::Options backoff() const noexcept { return environment_.backoff; }
  [[nodiscard]] double draw() const { return environment_.draw(); }
  [[nodiscard]] hrana::ClientCodec& decoder() const noexcept { return *decoder_; }

  // `unknown` before the first answer.
  [[nodiscard]] Dialect dialect() const noexcept { return dialect_; }
  void set_dialect(Dialect dialect) noexcept { dialect_ = dialect; }

  // The token, or that there is none, is known without asking a function.
  [[nodiscard]] bool has_fixed_token() const noexcept {
    return !std::holds_alternative<TokenFunction>(options_.auth_token);
  }
  // Asks for the token; `taker` is called once, on any thread.
  void ask_token(TokenAnswer::Taker taker) const;
  // A request to `server`, which gets the token and the key only if it has this origin.
  [[nodiscard]] HttpRequest request(const Url& server, Endpoint endpoint, Dialect dialect,
                                    const std::optional<AuthToken>& token) const;
  // What every request to this server carries: the application's headers, the token, the key.
  void add_headers(const std::optional<AuthToken>& token, HttpHeaders& headers) const;
  [[nodiscard]] std::chrono::milliseconds connect_timeout() const noexcept {
    return options_.connect_timeout;
  }

 private:
  const Url url_;
  const RemoteOptions options_;
  const HttpEnvironment environment_;
  const hrana::Encoding encoding_;
  const std::unique_ptr<hrana::ClientCodec> decoder_;
  std::atomic<Dialect> dialect_{Dialect::unknown};
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_ORIGIN_H_
