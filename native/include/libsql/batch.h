// Many statements in one call, with one result for each.
#ifndef LIBSQL_BATCH_H_
#define LIBSQL_BATCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/error.h"
#include "libsql/export.h"
#include "libsql/request.h"
#include "libsql/sql.h"
#include "libsql/value.h"

namespace libsql {

// One member's rows (empty without RETURNING or SELECT) and count.
struct BatchResult {
  StatementKind kind = StatementKind::unknown;
  std::vector<std::string> columns;
  std::vector<std::vector<Value>> rows;
  // Rows changed, for a write; rows returned, for a query.
  std::int64_t count = 0;
  std::optional<Error> error;
};

// A list of statements with positional parameters. Build it once, run it with Connection::run().
// A value type: copyable, no connection attached.
class LIBSQL_API Batch {
 public:
  struct Member {
    std::string sql;
    std::vector<Value> parameters;
  };
  Batch& add(Text sql, std::vector<Value> parameters = {});
  [[nodiscard]] const std::vector<Member>& members() const noexcept { return members_; }

 private:
  std::vector<Member> members_;
};

}  // namespace libsql

#endif  // LIBSQL_BATCH_H_
