// Pragmas that would write plain text, or destroy an encrypted database.
#ifndef LIBSQL_ENCRYPTION_REFUSED_PRAGMA_H_
#define LIBSQL_ENCRYPTION_REFUSED_PRAGMA_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace libsql::encryption {

struct Pragma {
  std::string_view name;
  std::string_view value;
  bool sets;  // PRAGMA name = value
};

struct PragmaTarget {
  std::size_t page_size;
  bool empty;  // the file has no page yet
};

// Why an encrypted database refuses a pragma; empty if it does not.
[[nodiscard]] std::string refused_pragma(const Pragma& pragma, const PragmaTarget& target);

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_REFUSED_PRAGMA_H_
