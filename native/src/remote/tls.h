// TLS for clients: the system's certificates, and the host's name in the server's.
#ifndef LIBSQL_REMOTE_TLS_H_
#define LIBSQL_REMOTE_TLS_H_

#include <string>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/tcp_stream.hpp>

namespace libsql::remote {

using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream&>;

// A context that verifies: TLS 1.2 at least, the system's certificates, and those of `ca_file`
// (PEM) if it is not empty. There is no way to turn the verification off. Errors: cannot_open if
// the file cannot be read.
[[nodiscard]] boost::asio::ssl::context make_tls_context(const std::string& ca_file);

// Before the handshake: demands a certificate for `host`, and names the host to the server if it is
// no address (RFC 6066, section 3).
void expect_host(TlsStream& stream, const std::string& host);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_TLS_H_
