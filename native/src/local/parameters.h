// Matches the values of a request (libsql/request.h) with the parameters of a statement.
#ifndef LIBSQL_LOCAL_PARAMETERS_H_
#define LIBSQL_LOCAL_PARAMETERS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "libsql/request.h"
#include "libsql/value.h"
#include "local/statement.h"

namespace libsql::local {

// A parameter without a name of its own: `?` or `?3`.
[[nodiscard]] bool is_positional(std::string_view name) noexcept;
[[noreturn]] void throw_positional();
// Names what is missing, and all that the statement requires.
[[noreturn]] void throw_missing(const LocalStatement& statement,
                                const std::vector<std::string_view>& missing);
// `given` beyond kMostCounted stands for any number beyond it.
inline constexpr std::size_t kMostCounted = 40'000;  // SQLite has at most 32,766 parameters.
[[noreturn]] void throw_wrong_count(std::size_t expected, std::size_t given);

// Calls `use(index, value)` for each parameter, with the value that has its name.
template <typename Use>
void each_by_name(const LocalStatement& statement, Parameters& parameters, Use&& use) {
  std::vector<std::string_view> missing;
  const int expected = statement.parameter_count();
  for (int index = 1; index <= expected; ++index) {
    const std::string_view name = statement.parameter_name(index);
    if (is_positional(name)) throw_positional();
    ValueView value;
    if (!parameters.find(name, value)) {
      missing.push_back(name);
    } else if (missing.empty()) {
      use(index, value);
    }
  }
  if (!missing.empty()) throw_missing(statement, missing);
}

// The same by position. A list of another length is refused before it is decoded.
template <typename Use>
void each_by_position(const LocalStatement& statement, Parameters& parameters, Use&& use) {
  const auto expected = static_cast<std::size_t>(statement.parameter_count());
  const std::size_t given = parameters.count(kMostCounted);
  if (given != expected) throw_wrong_count(expected, given);
  int index = 0;
  for (const ValueView& value : parameters.values()) use(++index, value);
}

// Either; none: the statement takes no parameters. Errors: invalid_argument for another number of
// values, missing_parameters, positional_parameters.
template <typename Use>
void each_value(const LocalStatement& statement, Parameters* parameters, Use&& use) {
  if (parameters == nullptr) {
    PositionalParameters none;
    each_by_position(statement, none, use);
  } else if (parameters->by_name()) {
    each_by_name(statement, *parameters, use);
  } else {
    each_by_position(statement, *parameters, use);
  }
}

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_PARAMETERS_H_
