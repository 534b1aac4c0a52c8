// Why a vector function refused its arguments: becomes the error of the SQL statement.
#ifndef LIBSQL_VECTOR_FAILURE_H_
#define LIBSQL_VECTOR_FAILURE_H_

#include <stdexcept>

namespace libsql::vector {

// Its text is libSQL's. It never leaves this folder: functions.cc, owner.cc and top_k.cc hand it to
// SQLite, and local/vector_definition.cc makes an Error of it.
class Failure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_FAILURE_H_
