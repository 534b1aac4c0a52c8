// What a server over HTTP speaks.
#ifndef LIBSQL_REMOTE_DIALECT_H_
#define LIBSQL_REMOTE_DIALECT_H_

#include <cstdint>

namespace libsql::remote {

enum class Dialect : std::uint8_t {
  unknown,          // It has not answered yet.
  without_streams,  // Version 2 with one connection for all clients (streamless.h).
  version_2,
  version_3,
};

// Of the protocol; 0 if it is not known.
[[nodiscard]] constexpr int version_of(Dialect dialect) noexcept {
  if (dialect == Dialect::unknown) return 0;
  return dialect == Dialect::version_3 ? 3 : 2;
}

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_DIALECT_H_
