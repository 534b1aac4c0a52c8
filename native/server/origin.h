// Web pages that send requests to this server. A browser lets a page of any site do that, and read
// what a WebSocket answers: without CORS headers only answers over HTTP are kept from it.
#ifndef LIBSQL_SERVER_ORIGIN_H_
#define LIBSQL_SERVER_ORIGIN_H_

#include <string_view>

namespace libsql::server {

// Whether the header Origin of a request (RFC 6454, section 7) names a page of this machine:
// localhost, a name under it, or a loopback address.
[[nodiscard]] bool is_local_origin(std::string_view origin);

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_ORIGIN_H_
