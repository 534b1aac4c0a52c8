#include "server/jwt.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <simdjson.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "hrana/base64.h"
#include "libsql/error.h"
#include "server/failures.h"

namespace libsql::server {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kRawKeyBytes = 32;
constexpr std::size_t kLongestToken = 16'384;
constexpr std::chrono::seconds kLeeway{60};  // As in sqld.
// A server has one database, which sqld calls so when it has no other.
constexpr std::string_view kNamespace = "default";

[[noreturn]] void refuse(const char* code, std::string message) {
  throw RequestRefused(401, code, std::move(message));
}

// Base64 of the URL alphabet without padding (RFC 7515).
std::optional<std::string> decode_base64url(std::string_view text) {
  std::string bytes(text);
  if (bytes.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::ranges::replace(bytes, '-', '+');
  std::ranges::replace(bytes, '_', '/');
  const std::optional<std::size_t> size = hrana::decode_base64(bytes);
  if (!size) return std::nullopt;
  bytes.resize(*size);
  return bytes;
}

dom::object parse_object(dom::parser& parser, std::string_view base64) {
  const std::optional<std::string> text = decode_base64url(base64);
  dom::object object;
  if (!text || parser.parse(*text).get(object) != simdjson::SUCCESS) {
    refuse("AUTH_JWT_INVALID", "The JWT is invalid: it is not JSON in base64url");
  }
  return object;
}

// A claim; nothing if it is absent or null. As in sqld, one of another type makes the token
// invalid: it must not give the right that its absence would.
template <typename T>
std::optional<T> claim(const dom::object& claims, std::string_view name) {
  const auto found = claims[name];
  if (found.error() == simdjson::NO_SUCH_FIELD || found.is_null()) return std::nullopt;
  T value{};
  if (found.get(value) == simdjson::SUCCESS) return value;
  refuse("AUTH_JWT_INVALID",
         "The JWT is invalid: its claim '" + std::string(name) + "' has the wrong type");
}

// Whether the list `ns` of one member of the claim `p` has our database.
bool names_us(const dom::object& permissions, std::string_view member) {
  const auto scope = claim<dom::object>(permissions, member);
  const auto names = scope ? claim<dom::array>(*scope, "ns") : std::nullopt;
  if (!names) return false;
  bool found = false;
  for (const dom::element name : *names) {
    std::string_view text;
    if (name.get(text) != simdjson::SUCCESS) {
      refuse("AUTH_JWT_INVALID", "The JWT is invalid: its claim 'p' names what is no database");
    }
    found = found || text == kNamespace;
  }
  return found;
}

Access detailed_access(const dom::object& permissions) {
  bool writes = false;
  bool reads = false;
  for (const char* const member : {"rw", "rwa", "ddl"}) writes |= names_us(permissions, member);
  for (const char* const member : {"ro", "roa"}) reads |= names_us(permissions, member);
  if (writes) return Access::read_write;
  if (reads) return Access::read_only;
  throw RequestRefused(403, "BLOCKED", "The JWT gives no right to this database");
}

Access access_of(const dom::object& claims) {
  const auto permissions = claim<dom::object>(claims, "p");
  const auto id = claim<std::string_view>(claims, "id");
  const auto kind = claim<std::string_view>(claims, "a");
  if (permissions) return detailed_access(*permissions);
  if (id && *id != kNamespace) {
    throw RequestRefused(403, "BLOCKED", "The JWT gives no right to this database");
  }
  if (!kind || *kind == "rw") return Access::read_write;
  if (*kind == "ro" || *kind == "roa") return Access::read_only;
  refuse("AUTH_JWT_INVALID", "The JWT is invalid: its claim 'a' is none of ro, rw, roa");
}

void check_time(const dom::object& claims, std::chrono::system_clock::time_point now) {
  const auto expiry = claim<std::int64_t>(claims, "exp");
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>((now - kLeeway).time_since_epoch());
  if (expiry && *expiry < seconds.count()) refuse("AUTH_JWT_EXPIRED", "The JWT has expired");
}

}  // namespace

JwtVerifier::JwtVerifier(std::string_view keys) {
  if (keys.find("-----BEGIN") != std::string_view::npos) {
    keys_ = read_pem(keys);
  } else {
    keys_.push_back(read_raw(keys));
  }
  const bool usable = std::ranges::all_of(
      keys_, [](const Key& key) { return key && EVP_PKEY_base_id(key.get()) == EVP_PKEY_ED25519; });
  if (keys_.empty() || !usable) {
    throw Error(
        ErrorKind::invalid_argument,
        "the keys of JSON web tokens must be Ed25519 public keys: PEM blocks PUBLIC KEY, or "
        "32 bytes in base64url");
  }
}

std::vector<JwtVerifier::Key> JwtVerifier::read_pem(std::string_view pem) {
  struct FreeBio {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  };
  const std::unique_ptr<BIO, FreeBio> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<Key> keys;
  if (!bio) return keys;
  while (EVP_PKEY* const key = PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr)) {
    keys.emplace_back(key);
  }
  ERR_clear_error();  // The end of the text.
  return keys;
}

JwtVerifier::Key JwtVerifier::read_raw(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  const std::optional<std::string> bytes =
      decode_base64url(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
  if (!bytes || bytes->size() != kRawKeyBytes) return nullptr;
  return Key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                         reinterpret_cast<const unsigned char*>(bytes->data()),
                                         bytes->size()));
}

bool JwtVerifier::is_signed(std::string_view text, std::string_view signature) const {
  struct FreeContext {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const mark = reinterpret_cast<const unsigned char*>(signature.data());
  const bool valid = std::ranges::any_of(keys_, [&](const Key& key) {
    const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    return context &&
           EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), mark, signature.size(), bytes, text.size()) == 1;
  });
  if (!valid) ERR_clear_error();
  return valid;
}

Access JwtVerifier::verify(std::string_view token,
                           std::chrono::system_clock::time_point now) const {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (token.size() > kLongestToken || first == std::string_view::npos || first == last) {
    refuse("AUTH_JWT_INVALID", "The JWT is invalid: it has no three parts");
  }
  dom::parser parser;
  std::string_view algorithm;
  const dom::object header = parse_object(parser, token.substr(0, first));
  if (header["alg"].get(algorithm) != simdjson::SUCCESS || algorithm != "EdDSA") {
    refuse("AUTH_JWT_INVALID", "The JWT is invalid: its algorithm is not EdDSA");
  }
  const std::optional<std::string> signature = decode_base64url(token.substr(last + 1));
  if (!signature || !is_signed(token.substr(0, last), *signature)) {
    refuse("AUTH_JWT_INVALID", "The JWT is invalid: its signature is not of one of the keys");
  }
  const dom::object claims = parse_object(parser, token.substr(first + 1, last - first - 1));
  check_time(claims, now);
  if (claims["aud"].error() == simdjson::SUCCESS && !claims["aud"].is_null()) {
    refuse("AUTH_FAILED", "The JWT is refused: it has an audience, and none is configured");
  }
  return access_of(claims);
}

}  // namespace libsql::server
