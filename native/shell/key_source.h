// Where the key of an encrypted database comes from: an environment variable or a file descriptor,
// never the command line, which other users of the machine can see.
#ifndef LIBSQL_SHELL_KEY_SOURCE_H_
#define LIBSQL_SHELL_KEY_SOURCE_H_

#include <optional>
#include <string>

#include "libsql/encryption.h"

namespace libsql::shell {

struct KeySource {
  std::string environment;  // name of a variable; empty: none
  int descriptor = -1;      // read to its end; -1: none
  std::string cipher = "aes256cbc";
  std::string derivation = "hkdf";
};

// The key is the variable's text, or the descriptor's bytes without a line feed at their end; after
// "base64:" it is the bytes that the rest encodes. Empty without a source. Errors: CommandError,
// which never contains the key.
[[nodiscard]] std::optional<Encryption> read_key(const KeySource& source);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_KEY_SOURCE_H_
