// The error of a null pointer where a text is expected.
#include "libsql/text.h"

#include "libsql/error.h"

namespace libsql::detail {

void throw_null_text() { throw Error(ErrorKind::invalid_argument, "a text is a null pointer"); }

}  // namespace libsql::detail
