// What is used of OpenSSL: algorithms found once, contexts that are owned, failures as exceptions.
//
// The algorithms come from a library context of their own with OpenSSL's default provider, so that
// neither a configuration file of the machine (which may forbid MD5, a part of libSQL's format) nor
// another user of OpenSSL in the process decides what is available here.
#ifndef LIBSQL_ENCRYPTION_OPENSSL_H_
#define LIBSQL_ENCRYPTION_OPENSSL_H_

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace libsql::encryption {

using Bytes = std::span<unsigned char>;
using ConstBytes = std::span<const unsigned char>;

struct CipherContextFree {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherContextFree>;

struct DigestContextFree {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, DigestContextFree>;

// Errors of all that follows: unsupported when this OpenSSL lacks an algorithm, otherwise error
// with OpenSSL's own text.
struct Algorithms {
  EVP_CIPHER* aes256cbc;
  EVP_CIPHER* aes256gcm;
  EVP_CIPHER* aes256ecb;
  EVP_MD* sha256;
  EVP_MD* md5;
};
[[nodiscard]] const Algorithms& algorithms();

[[nodiscard]] CipherContext make_cipher_context();
[[nodiscard]] DigestContext make_digest_context();

// Throws unless `result`, what an OpenSSL function has returned, is 1.
void check_openssl(int result, const char* what);

// The digest of `data`; `context` is reused. `out` has the digest's length.
void digest(EVP_MD_CTX* context, const EVP_MD* algorithm, ConstBytes data, Bytes out);

void fill_random(Bytes out);

// RFC 5869 with SHA-256: extract and expand.
void hkdf_sha256(ConstBytes key, ConstBytes salt, std::string_view info, Bytes out);

// RFC 7914.
struct ScryptCost {
  std::uint8_t log2_n;
  std::uint8_t r;
  std::uint8_t p;
};
void scrypt(ConstBytes passphrase, ConstBytes salt, const ScryptCost& cost, Bytes out);

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_OPENSSL_H_
