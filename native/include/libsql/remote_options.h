// How a remote database is reached: token, encoding, time limits. The URL names the server and the
// transport; see Database::remote().
#ifndef LIBSQL_REMOTE_OPTIONS_H_
#define LIBSQL_REMOTE_OPTIONS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "libsql/encryption.h"
#include "libsql/error.h"
#include "libsql/export.h"
#include "libsql/text.h"

namespace libsql {

// What a server asks for before it answers. Its bytes are kept as those of an EncryptionKey are:
// once, in locked memory, wiped when the last copy of the object goes.
//
// Threads: thread-safe; copies share the bytes, which never change.
class LIBSQL_API AuthToken {
 public:
  // Copies the bytes. Errors: invalid_argument for an empty token, and for one with a character
  // that cannot stand in an HTTP header; neither quotes it.
  explicit AuthToken(std::string_view bytes);

  // Valid as long as this object.
  [[nodiscard]] std::string_view bytes() const noexcept { return secret_.bytes(); }

 private:
  friend bool operator==(const AuthToken& a, const AuthToken& b) noexcept;
  EncryptionKey secret_;
};

// In constant time for tokens of one length.
[[nodiscard]] LIBSQL_API bool operator==(const AuthToken& a, const AuthToken& b) noexcept;

// Writes "[auth token]", so that no log can show one.
LIBSQL_API std::ostream& operator<<(std::ostream& out, const AuthToken& token);

// Where a TokenFunction puts the token: once, on any thread, within its call or later. Of several
// calls the first counts. If the last copy goes without a call, the request fails as unauthorised.
//
// Threads: thread-safe.
class LIBSQL_API TokenAnswer {
 public:
  // The token, or the error that the request then has. The token is empty for a server that asks
  // for none.
  using Taker = std::function<void(std::optional<AuthToken> token, const Error* error)>;

  // `taker` is called once; it must not throw.
  explicit TokenAnswer(Taker taker);

  void give(AuthToken token) const;
  void give_none() const;
  void refuse(const Error& error) const;

 private:
  class State;
  std::shared_ptr<State> state_;
};

// Is asked before each request, and returns at once: whatever takes time answers later. Must not
// throw. It is called on the thread that starts the request or on the library's I/O thread, and
// must not use the connection.
using TokenFunction = std::function<void(TokenAnswer answer)>;

enum class RemoteEncoding : std::uint8_t {
  json,      // Every server.
  protobuf,  // sqld, version 3 of the protocol.
};

struct RemoteOptions {
  // A token in the URL takes precedence.
  std::variant<std::monostate, AuthToken, TokenFunction> auth_token;
  // The key of a database that the server keeps encrypted, sent with every request.
  std::optional<EncryptionKey> encryption_key;
  RemoteEncoding encoding = RemoteEncoding::json;
  // How long it may take to reach the server: name, connection, TLS.
  std::chrono::milliseconds connect_timeout{10'000};
  // For requests without a deadline of their own (Limits::deadline).
  std::chrono::milliseconds request_timeout{60'000};
  // How often a request is sent at most, where sending it again is safe.
  int attempts = 5;
  // Sent with every request. Errors on opening: invalid_argument for the headers that the library
  // sends itself, and for control characters.
  std::vector<std::pair<Text, Text>> headers;
  // Certificates beside the system's, in PEM.
  Text ca_file;
  // A proxy instead of what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say:
  // http://[user:password@]host[:port]; empty: none. The loopback interface is always reached
  // directly. Errors on opening: invalid_argument, which does not quote it.
  std::optional<Text> proxy;
};

}  // namespace libsql

#endif  // LIBSQL_REMOTE_OPTIONS_H_
