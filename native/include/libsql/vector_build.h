// How the build of an index on vectors goes: CREATE INDEX ... (libsql_vector_idx(...)), REINDEX,
// and the opening of a file whose index libSQL has built.
#ifndef LIBSQL_VECTOR_BUILD_H_
#define LIBSQL_VECTOR_BUILD_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "libsql/error.h"

namespace libsql {

// A value type.
struct VectorBuild {
  std::string schema;  // "main", "temp" or the name of an attached database
  std::string index;
  // Else it goes on. What an ended one has built is there once the statement has ended well.
  bool ended = false;
  std::uint64_t rows = 0;  // of the index
  double fraction = 0;     // of the work that is done, by estimate, 0 to 1
  // Since SQLite has made its own index, which holds no vectors.
  std::chrono::microseconds duration{0};
  // Of one that has failed; `interrupted` and `timeout` are the statement's.
  std::optional<Error> error;
};

// Is told of each build's end, well or not, and before it four times a second at most, first after
// a quarter of a second. Runs on the statement's thread, in the middle of its work: must return
// soon, and not use the connection, whose calls throw ErrorKind::misuse there;
// Connection::interrupt() ends the build. Exceptions are swallowed.
using VectorBuildObserver = std::function<void(const VectorBuild& build)>;

}  // namespace libsql

#endif  // LIBSQL_VECTOR_BUILD_H_
