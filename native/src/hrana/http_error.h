// What the body of an HTTP error says, in the forms of all known servers.
#ifndef LIBSQL_HRANA_HTTP_ERROR_H_
#define LIBSQL_HRANA_HTTP_ERROR_H_

#include <optional>
#include <string>
#include <string_view>

#include "hrana/codec.h"

namespace libsql::hrana {

struct HttpError {
  std::string message;
  std::optional<std::string> code;
};

// Tries, in this order: an Error of Hrana in the encoding, an object with a string `error`
// (JSON), and plain text of at most 300 bytes; else the message is "HTTP status 502". Never throws
// for a body, whatever it is: proxies send pages of HTML.
[[nodiscard]] HttpError decode_http_error(Encoding encoding, int status, std::string_view body);

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_HTTP_ERROR_H_
