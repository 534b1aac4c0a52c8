#include "remote/tls.h"

#include <openssl/ssl.h>

#include "libsql/error.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

namespace libsql::remote {

namespace ssl = boost::asio::ssl;

ssl::context make_tls_context(const std::string& ca_file) {
  ssl::context context(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(ssl::verify_peer);
  context.set_default_verify_paths();
  if (!ca_file.empty()) {
    boost::system::error_code error;
    context.load_verify_file(ca_file, error);
    if (error) {
      throw Error(ErrorKind::cannot_open,
                  "the certificates in " + ca_file + " cannot be read: " + error.message());
    }
  }
  return context;
}

void expect_host(TlsStream& stream, const std::string& host) {
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  if (not_an_address) {
    // What the macro SSL_set_tlsext_host_name does, without its casts. OpenSSL copies the name.
    std::string name = host;
    SSL_ctrl(stream.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             name.data());
  }
  stream.set_verify_callback(ssl::host_name_verification(host));
}

}  // namespace libsql::remote
