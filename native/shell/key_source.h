// Where secrets come from, the key of an encrypted database and the token of a server: an
// environment variable or a file descriptor, never the command line, which other users of the
// machine can see.
#ifndef LIBSQL_SHELL_KEY_SOURCE_H_
#define LIBSQL_SHELL_KEY_SOURCE_H_

#include <optional>
#include <string>

#include "libsql/encryption.h"
#include "libsql/remote_options.h"

namespace libsql::shell {

struct SecretSource {
  std::string environment;  // name of a variable; empty: none
  int descriptor = -1;      // read to its end; -1: none
  [[nodiscard]] bool empty() const noexcept { return environment.empty() && descriptor < 0; }
};

struct KeySource {
  SecretSource secret;
  std::string cipher = "aes256cbc";
  std::string derivation = "hkdf";
};

// The key is the variable's text, or the descriptor's bytes without a line feed at their end; after
// "base64:" it is the bytes that the rest encodes. Empty without a source. Errors: CommandError,
// which never contains the key.
[[nodiscard]] std::optional<Encryption> read_key(const KeySource& source);

// The token is the variable's text, or the descriptor's bytes without a line feed at their end.
// Empty without a source. Errors: CommandError, and Error for a token that cannot be sent; neither
// contains it.
[[nodiscard]] std::optional<AuthToken> read_token(const SecretSource& source);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_KEY_SOURCE_H_
