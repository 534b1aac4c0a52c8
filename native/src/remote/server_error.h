// Errors of a server, and of the way to it, as errors of the library: kind, result code, message,
// and what the caller may do.
#ifndef LIBSQL_REMOTE_SERVER_ERROR_H_
#define LIBSQL_REMOTE_SERVER_ERROR_H_

#include <string>

#include "hrana/receiver.h"
#include "libsql/error.h"

namespace libsql::remote {

// An error that a server has answered to a request. The kind comes from `extended_code`, where the
// server sends one, else from `code`; unknown codes are ErrorKind::error. Which constraint has been
// violated sqld tells in the message only, in SQLite's fixed words; it becomes the extended code.
// sql_offset() is set where the message ends with one.
[[nodiscard]] Error server_error(const hrana::ErrorView& error);

// The server cannot be reached: nothing has run.
[[nodiscard]] Error unreachable(const std::string& message);
// The server refuses the token, or what the token may not do.
[[nodiscard]] Error unauthorised(const std::string& message);
// The server is there and takes no more requests now, or has ended what it had begun: the same
// request may succeed when it is repeated from the beginning of its transaction.
[[nodiscard]] Error try_again(const std::string& message);

// The same error for a request that may have run.
[[nodiscard]] Error with_unknown_outcome(const Error& error);
// The same error for a request whose transaction is rolled back.
[[nodiscard]] Error with_lost_transaction(const Error& error);

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_SERVER_ERROR_H_
