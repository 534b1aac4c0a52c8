// Makes JSON web tokens for tests: a key pair of Ed25519, and signatures with it.
#ifndef LIBSQL_TESTS_SERVER_JWT_MAKER_H_
#define LIBSQL_TESTS_SERVER_JWT_MAKER_H_

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "hrana/base64.h"

namespace libsql::testing {

class JwtMaker {
 public:
  JwtMaker() : key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), &EVP_PKEY_free) {}

  [[nodiscard]] std::string pem() const {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), &BIO_free);
    PEM_write_bio_PUBKEY(bio.get(), key_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
  }
  [[nodiscard]] std::string raw_key() const {
    std::array<unsigned char, 32> bytes{};
    std::size_t size = bytes.size();
    EVP_PKEY_get_raw_public_key(key_.get(), bytes.data(), &size);
    return base64url({reinterpret_cast<const char*>(bytes.data()), size});
  }
  [[nodiscard]] std::string token(
      std::string_view claims, std::string_view header = R"({"alg":"EdDSA","typ":"JWT"})") const {
    const std::string text = base64url(header) + "." + base64url(claims);
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                     &EVP_MD_CTX_free);
    EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get());
    std::array<unsigned char, 64> signature{};
    std::size_t size = signature.size();
    EVP_DigestSign(context.get(), signature.data(), &size,
                   reinterpret_cast<const unsigned char*>(text.data()), text.size());
    return text + "." + base64url({reinterpret_cast<const char*>(signature.data()), size});
  }

 private:
  [[nodiscard]] static std::string base64url(std::string_view bytes) {
    std::string text;
    hrana::append_base64(bytes, text);
    std::ranges::replace(text, '+', '-');
    std::ranges::replace(text, '/', '_');
    return text;
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTS_SERVER_JWT_MAKER_H_
