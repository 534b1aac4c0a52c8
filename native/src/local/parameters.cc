#include "local/parameters.h"

#include <string>

#include "libsql/error.h"

namespace libsql::local {

namespace {

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) {
    text += (text.empty() ? ":" : ", :") + std::string(name.substr(1));
  }
  return text;
}

}  // namespace

bool is_positional(std::string_view name) noexcept { return name.empty() || name[0] == '?'; }

void throw_missing(const LocalStatement& statement, const std::vector<std::string_view>& missing) {
  std::vector<std::string_view> all;
  for (int index = 1; index <= statement.parameter_count(); ++index) {
    all.push_back(statement.parameter_name(index));
  }
  throw Error(ErrorKind::missing_parameters, "Missing required parameters: " + listed(missing) +
                                                 ". The SQL requires: " + listed(all));
}

void throw_wrong_count(std::size_t expected, std::size_t given) {
  throw Error(ErrorKind::invalid_argument,
              "expected " + std::to_string(expected) +
                  (expected == 1 ? " parameter, got " : " parameters, got ") +
                  (given > kMostCounted ? "more than " + std::to_string(kMostCounted)
                                        : std::to_string(given)));
}

void throw_positional() {
  throw Error(ErrorKind::positional_parameters,
              "Cannot use named parameter map with SQL that has positional parameters");
}

}  // namespace libsql::local
