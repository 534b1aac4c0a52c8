// Values of the parameters in SQL: what `.parameter` sets.
#ifndef LIBSQL_SHELL_PARAMETERS_H_
#define LIBSQL_SHELL_PARAMETERS_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/statement.h"
#include "libsql/value.h"

namespace libsql::shell {

class Parameters {
 public:
  using Map = std::map<std::string, Value, std::less<>>;

  // `name` with its prefix: ":id", "@id", "$id", "?1".
  void set(std::string name, Value value) {
    values_.insert_or_assign(std::move(name), std::move(value));
  }
  // False if there was none.
  bool unset(std::string_view name);
  void clear() noexcept { values_.clear(); }
  [[nodiscard]] const Map& all() const noexcept { return values_; }

  // The values of a statement's parameters by position. A plain "?" is the parameter of its number;
  // one that is not set is NULL.
  [[nodiscard]] std::vector<Value> values_for(const Statement& statement) const;

 private:
  Map values_;
};

// Binds all parameters; `values` must outlive the execution.
void bind_values(Statement& statement, const std::vector<Value>& values);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_PARAMETERS_H_
