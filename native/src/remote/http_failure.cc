#include "remote/http_failure.h"

#include "remote/server_error.h"

namespace libsql::remote {

using Reason = HttpFailure::Reason;
using Stage = HttpFailure::Stage;

Error error_of(const HttpFailure& failure) {
  switch (failure.reason) {
    case Reason::resolve:
    case Reason::connect:
    case Reason::tls:
      return unreachable("the server cannot be reached: " + failure.message);
    case Reason::network:
      return failure.stage == Stage::not_sent ? unreachable(failure.message)
                                              : Error(ErrorKind::io, failure.message);
    case Reason::malformed:
      return {ErrorKind::io, failure.message};
    case Reason::too_large:
      return {ErrorKind::too_big, failure.message + ": read the rows with a cursor"};
    case Reason::deadline:
      return {ErrorKind::timeout, "the server did not answer in time: " + failure.message};
    case Reason::cancelled:
      return {ErrorKind::interrupted, "interrupted"};
  }
  return {ErrorKind::io, failure.message};
}

}  // namespace libsql::remote
