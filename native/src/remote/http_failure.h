// Failures of an HTTP exchange as errors of the library.
#ifndef LIBSQL_REMOTE_HTTP_FAILURE_H_
#define LIBSQL_REMOTE_HTTP_FAILURE_H_

#include "libsql/error.h"
#include "remote/http.h"

namespace libsql::remote {

[[nodiscard]] Error error_of(const HttpFailure& failure);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_HTTP_FAILURE_H_
