#include "testing/test_certificate.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>

namespace libsql::testing {
namespace {

template <auto Free>
struct Deleter {
  void operator()(auto* object) const { Free(object); }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

void require(bool holds) {
  if (!holds) throw std::runtime_error("OpenSSL refuses to make a test certificate");
}

std::string pem(auto&& write) {
  const Owned<BIO, BIO_free> memory(BIO_new(BIO_s_mem()));
  require(write(memory.get()) == 1);
  const char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

void add_names(X509* certificate, const std::string& names) {
  const Owned<X509_EXTENSION, X509_EXTENSION_free> extension(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

}  // namespace

TestCertificate make_certificate(const std::string& subject_names, int first_day, int last_day) {
  constexpr long kDay = 24L * 60 * 60;
  const Owned<EVP_PKEY, EVP_PKEY_free> key(EVP_EC_gen("P-256"));
  const Owned<X509, X509_free> certificate(X509_new());
  require(key != nullptr && certificate != nullptr);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), first_day * kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), last_day * kDay);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  constexpr unsigned char kName[] = "libsql test";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  add_names(certificate.get(), subject_names);
  require(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
  return {pem([&](BIO* out) { return PEM_write_bio_X509(out, certificate.get()); }),
          pem([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace libsql::testing
