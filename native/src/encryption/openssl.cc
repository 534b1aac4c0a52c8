#include "encryption/openssl.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include <array>
#include <string>

#include "libsql/error.h"

namespace libsql::encryption {

namespace {

struct KdfContextFree {
  void operator()(EVP_KDF_CTX* context) const noexcept { EVP_KDF_CTX_free(context); }
};
using KdfContext = std::unique_ptr<EVP_KDF_CTX, KdfContextFree>;

[[noreturn]] void fail(const char* what) {
  std::array<char, 256> text{};
  const unsigned long code = ERR_get_error();
  ERR_error_string_n(code, text.data(), text.size());
  ERR_clear_error();
  throw Error(ErrorKind::error,
              std::string("OpenSSL: ") + what + (code == 0 ? "" : std::string(": ") + text.data()));
}

// What has been found, and the context it belongs to.
struct Library {
  OSSL_LIB_CTX* context = nullptr;
  Algorithms algorithms{};
  EVP_KDF* hkdf = nullptr;
  EVP_KDF* scrypt = nullptr;
};

template <typename Found>
Found* found(Found* algorithm, const char* name) {
  if (algorithm != nullptr) return algorithm;
  ERR_clear_error();
  throw Error(ErrorKind::unsupported, std::string("this OpenSSL has no ") + name);
}

Library load() {
  Library made;
  made.context = OSSL_LIB_CTX_new();
  if (made.context == nullptr) fail("OSSL_LIB_CTX_new");
  if (OSSL_PROVIDER_load(made.context, "default") == nullptr) fail("the default provider");
  const auto cipher = [&made](const char* name) {
    return found(EVP_CIPHER_fetch(made.context, name, nullptr), name);
  };
  const auto hash = [&made](const char* name) {
    return found(EVP_MD_fetch(made.context, name, nullptr), name);
  };
  made.algorithms = {.aes256cbc = cipher("AES-256-CBC"),
                     .aes256gcm = cipher("AES-256-GCM"),
                     .aes256ecb = cipher("AES-256-ECB"),
                     .sha256 = hash("SHA2-256"),
                     .md5 = hash("MD5")};
  made.hkdf = found(EVP_KDF_fetch(made.context, "HKDF", nullptr), "HKDF");
  made.scrypt = found(EVP_KDF_fetch(made.context, "SCRYPT", nullptr), "SCRYPT");
  return made;
}

// Never freed: a connection may be closed by the last destructors of a process, after OpenSSL has
// cleaned up.
const Library& library() {
  static const Library kLibrary = load();
  return kLibrary;
}

OSSL_PARAM bytes_param(const char* name, ConstBytes bytes) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): OpenSSL's parameters are not const
  return OSSL_PARAM_construct_octet_string(name, const_cast<unsigned char*>(bytes.data()),
                                           bytes.size());
}

void derive(EVP_KDF* algorithm, const OSSL_PARAM* parameters, Bytes out, const char* what) {
  const KdfContext context(EVP_KDF_CTX_new(algorithm));
  if (!context) fail(what);
  check_openssl(EVP_KDF_derive(context.get(), out.data(), out.size(), parameters), what);
}

}  // namespace

const Algorithms& algorithms() { return library().algorithms; }

CipherContext make_cipher_context() {
  CipherContext context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

DigestContext make_digest_context() {
  DigestContext context(EVP_MD_CTX_new());
  if (!context) throw std::bad_alloc();
  return context;
}

void check_openssl(int result, const char* what) {
  if (result != 1) fail(what);
}

void digest(EVP_MD_CTX* context, const EVP_MD* algorithm, ConstBytes data, Bytes out) {
  check_openssl(EVP_DigestInit_ex2(context, algorithm, nullptr), "digest");
  check_openssl(EVP_DigestUpdate(context, data.data(), data.size()), "digest");
  check_openssl(EVP_DigestFinal_ex(context, out.data(), nullptr), "digest");
}

void fill_random(Bytes out) {
  constexpr unsigned kStrength = 256;
  check_openssl(RAND_bytes_ex(library().context, out.data(), out.size(), kStrength),
                "random bytes");
}

void hkdf_sha256(ConstBytes key, ConstBytes salt, std::string_view info, Bytes out) {
  std::string hash = "SHA2-256";
  const ConstBytes context(reinterpret_cast<const unsigned char*>(info.data()), info.size());
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, hash.data(), 0),
      bytes_param(OSSL_KDF_PARAM_KEY, key), bytes_param(OSSL_KDF_PARAM_SALT, salt),
      bytes_param(OSSL_KDF_PARAM_INFO, context), OSSL_PARAM_construct_end()};
  derive(library().hkdf, parameters.data(), out, "HKDF");
}

void scrypt(ConstBytes passphrase, ConstBytes salt, const ScryptCost& cost, Bytes out) {
  std::uint64_t n = std::uint64_t{1} << cost.log2_n;
  std::uint32_t r = cost.r;
  std::uint32_t p = cost.p;
  // OpenSSL's own limit is 32 MB in all, which N = 2^15 and r = 8 exceed by a little.
  std::uint64_t memory = 128 * n * r + 128 * std::uint64_t{r} * p + (std::uint64_t{1} << 20);
  const std::array parameters = {bytes_param(OSSL_KDF_PARAM_PASSWORD, passphrase),
                                 bytes_param(OSSL_KDF_PARAM_SALT, salt),
                                 OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                                 OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                                 OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                                 OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
                                 OSSL_PARAM_construct_end()};
  derive(library().scrypt, parameters.data(), out, "scrypt");
}

}  // namespace libsql::encryption
