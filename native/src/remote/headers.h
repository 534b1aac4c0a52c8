// Which headers an application may add to its requests.
#ifndef LIBSQL_REMOTE_HEADERS_H_
#define LIBSQL_REMOTE_HEADERS_H_

#include "libsql/remote_options.h"

namespace libsql::remote {

// Errors: invalid_argument for a header that the library sends itself, for a name that is none, and
// for a value with a control character; the message does not quote values.
void check_headers(const RemoteOptions& options);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HEADERS_H_
