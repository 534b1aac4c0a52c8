#include "shell/key_source.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "shell/command_error.h"

namespace libsql::shell {
namespace {

constexpr std::string_view kBase64 = "base64:";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// RFC 4648, section 4. The padding may be left out.
std::string decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) throw CommandError("the key is not base64");
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xffU);
  }
  return bytes;
}

std::string read_environment(const std::string& name, std::string_view what) {
  const char* const text =
      std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): no other thread runs yet
  if (text == nullptr || *text == '\0') {
    throw CommandError("the environment variable " + name + " holds no " + std::string(what));
  }
  return text;
}

std::string read_descriptor(int descriptor, std::string_view what) {
  std::string bytes;
  std::array<char, 256> part{};
  for (;;) {
    const ssize_t length = ::read(descriptor, part.data(), part.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) {
      throw CommandError("cannot read the " + std::string(what) + " from descriptor " +
                         std::to_string(descriptor) + ": " +
                         std::generic_category().message(errno));
    }
    if (length == 0) break;
    bytes.append(part.data(), static_cast<std::size_t>(length));
  }
  if (bytes.ends_with('\n')) bytes.pop_back();
  if (bytes.empty())
    throw CommandError("the descriptor of the " + std::string(what) + " holds none");
  return bytes;
}

// `what` it is, for errors.
std::string read_secret(const SecretSource& source, std::string_view what) {
  return source.environment.empty() ? read_descriptor(source.descriptor, what)
                                    : read_environment(source.environment, what);
}

}  // namespace

std::optional<AuthToken> read_token(const SecretSource& source) {
  if (source.empty()) return std::nullopt;
  std::string text = read_secret(source, "token");
  AuthToken token(text);
  std::ranges::fill(text, '\0');
  return token;
}

std::optional<Encryption> read_key(const KeySource& source) {
  if (source.secret.empty()) return std::nullopt;
  std::string key = read_secret(source.secret, "key");
  if (key.starts_with(kBase64)) key = decode_base64(std::string_view(key).substr(kBase64.size()));
  const std::optional<Cipher> cipher = cipher_of(source.cipher);
  if (!cipher) throw CommandError("unknown cipher: " + source.cipher);
  Encryption encryption{
      .key = EncryptionKey(key),
      .cipher = *cipher,
      .derivation = source.derivation == "scrypt" ? KeyDerivation::scrypt : KeyDerivation::hkdf};
  std::ranges::fill(key, '\0');
  return encryption;
}

}  // namespace libsql::shell
