// A certificate that signs itself, made anew in each run: for servers of tests.
#ifndef LIBSQL_TESTING_TEST_CERTIFICATE_H_
#define LIBSQL_TESTING_TEST_CERTIFICATE_H_

#include <string>

namespace libsql::testing {

struct TestCertificate {
  std::string certificate;  // PEM; also the authority that clients have to trust.
  std::string key;          // PEM
};

// For the names in `subject_names`, as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1". Valid
// from `first_day` to `last_day`, counted from today.
[[nodiscard]] TestCertificate make_certificate(const std::string& subject_names, int first_day = -1,
                                               int last_day = 1);

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_TEST_CERTIFICATE_H_
