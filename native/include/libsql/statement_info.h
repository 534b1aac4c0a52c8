// What a compiled statement tells about itself: its columns, its parameters, what it has cost.
#ifndef LIBSQL_STATEMENT_INFO_H_
#define LIBSQL_STATEMENT_INFO_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace libsql {

enum class Step { row, done };

// A result column. `origin` (the table's own column name) and `declared_type` are empty for
// expressions.
struct ColumnInfo {
  std::string name;
  std::optional<std::string> origin;
  std::optional<std::string> declared_type;
};

// The result columns of a statement, and the names of its parameters in their order, with their
// prefixes (":id", "@id", "$id", "?3"); empty for a plain "?".
struct StatementDescription {
  std::vector<ColumnInfo> columns;
  std::vector<std::string> parameters;
};

// What the executions of a statement have cost so far.
struct StatementCounters {
  std::int64_t full_scan_steps = 0;    // Steps forward in a table read without an index.
  std::int64_t sorts = 0;              // Sorts, where no index had the order.
  std::int64_t automatic_indexes = 0;  // Rows of indexes that SQLite made for one execution.
  std::int64_t instructions = 0;       // Of SQLite's virtual machine.
};

}  // namespace libsql

#endif  // LIBSQL_STATEMENT_INFO_H_
