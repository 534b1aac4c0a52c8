// Bodies of HTTP errors in the encoding of the endpoint, and what a decoder's error becomes.
#ifndef LIBSQL_SERVER_ENCODED_ERROR_H_
#define LIBSQL_SERVER_ENCODED_ERROR_H_

#include "hrana/codec.h"
#include "hrana/malformed.h"
#include "server/failures.h"
#include "server/http_reply.h"
#include "server/options.h"

namespace libsql::server {

[[nodiscard]] inline HttpResponse encoded_error(hrana::Encoding encoding,
                                                const RequestRefused& error) {
  if (encoding == hrana::Encoding::json) return json_error(error.status(), error.view());
  return {error.status(), std::string(kProtobuf),
          hrana::make_server_codec(encoding)->error_body(error.view())};
}

[[nodiscard]] inline RequestRefused malformed_request(const hrana::Malformed& error) {
  return {400, "MALFORMED_REQUEST", error.what()};
}

[[nodiscard]] inline hrana::Limits limits_of(const Options& options) {
  hrana::Limits limits;
  limits.max_bytes = options.most_request_bytes;
  return limits;
}

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_ENCODED_ERROR_H_
