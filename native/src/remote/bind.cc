#include "remote/bind.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/sql_parameters.h"
#include "libsql/error.h"

namespace libsql::remote {

namespace {

using Names = std::vector<std::string_view>;

bool is_positional(std::string_view name) noexcept { return name.empty() || name.front() == '?'; }

std::string listed(const Names& names) {
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? ":" : ", :") + std::string(name.substr(1));
  }
  return text;
}

void bind_by_name(const Names& names, Parameters& parameters, hrana::Stmt& stmt) {
  Names missing;
  for (const std::string_view name : names) {
    if (is_positional(name)) {
      throw Error(ErrorKind::positional_parameters,
                  "Cannot use named parameter map with SQL that has positional parameters");
    }
    ValueView value;
    if (parameters.find(name, value)) {
      stmt.named_args.push_back({name, value});
    } else {
      missing.push_back(name);
    }
  }
  if (missing.empty()) return;
  throw Error(ErrorKind::missing_parameters, "Missing required parameters: " + listed(missing) +
                                                 ". The SQL requires: " + listed(names));
}

void bind_by_position(const Names& names, std::span<const ValueView> values, hrana::Stmt& stmt) {
  if (values.size() != names.size()) {
    throw Error(ErrorKind::invalid_argument,
                "expected " + std::to_string(names.size()) +
                    (names.size() == 1 ? " parameter, got " : " parameters, got ") +
                    std::to_string(values.size()));
  }
  const auto positional = static_cast<std::size_t>(std::ranges::count_if(names, is_positional));
  if (positional == names.size()) {
    stmt.args.assign(values.begin(), values.end());
  } else if (positional == 0) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      stmt.named_args.push_back({names[i], values[i]});
    }
  } else {
    throw Error(ErrorKind::unsupported,
                "a server takes parameters with names (:a) or without (?), not both in one "
                "statement: use one sort");
  }
}

}  // namespace

hrana::Stmt bound(std::string_view sql, Parameters* parameters) {
  hrana::Stmt stmt;
  stmt.sql = sql;
  const auto names = core::parameters_of(sql);
  if (!names) {
    throw Error(ErrorKind::invalid_argument,
                "too many SQL variables, or a number that is none: from ?1 to ?32766")
        .with_statement(sql);
  }
  if (parameters != nullptr && parameters->by_name()) {
    bind_by_name(*names, *parameters, stmt);
  } else {
    bind_by_position(
        *names, parameters == nullptr ? std::span<const ValueView>() : parameters->values(), stmt);
  }
  return stmt;
}

}  // namespace libsql::remote
