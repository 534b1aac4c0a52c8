#include "server/bind.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "core/sql_traces.h"
#include "server/failures.h"

namespace libsql::server {
namespace {

[[noreturn]] void refuse(std::string message) {
  throw SqlError("ARGS_INVALID", "Arguments do not match SQL parameters: " + std::move(message));
}

const ValueView* find_named(const hrana::Stmt& stmt, std::string_view name) noexcept {
  for (const std::string_view wanted : {name, name.substr(1)}) {
    const auto found = std::ranges::find(stmt.named_args, wanted, &hrana::NamedArg::name);
    if (found != stmt.named_args.end()) return &found->value;
  }
  return nullptr;
}

// The value for parameter `index`, counted from 1; null if it has none.
const ValueView* find_value(const hrana::Stmt& stmt, int index, std::string_view name) noexcept {
  if (!name.empty() && name.front() != '?') return find_named(stmt, name);
  const auto position = static_cast<std::size_t>(index - 1);
  return position < stmt.args.size() ? &stmt.args[position] : nullptr;
}

}  // namespace

void bind(Statement& statement, const hrana::Stmt& stmt) {
  if (!stmt.args.empty() && !stmt.named_args.empty()) {
    throw SqlError("ARGS_BOTH_POSITIONAL_AND_NAMED",
                   "Specifying both positional and named arguments is not supported");
  }
  const int count = statement.parameter_count();
  const std::size_t given = stmt.args.size() + stmt.named_args.size();
  if (given > static_cast<std::size_t>(count)) {
    refuse(std::to_string(given) + " values for " + std::to_string(count) + " parameters");
  }
  for (int index = 1; index <= count; ++index) {
    const std::string_view name = statement.parameter_name(index);
    const ValueView* const value = find_value(stmt, index, name);
    if (value != nullptr) {
      statement.bind(index, *value);
    } else if (!core::is_explain(statement.sql())) {
      refuse("no value for parameter " + std::to_string(index) +
             (name.empty() ? std::string() : " (" + std::string(name) + ")"));
    }
  }
}

}  // namespace libsql::server
