// Looks parameters up by their names.
#include "shell/parameters.h"

namespace libsql::shell {

bool Parameters::unset(std::string_view name) {
  const auto found = values_.find(name);
  if (found == values_.end()) return false;
  values_.erase(found);
  return true;
}

std::vector<Value> Parameters::values_for(const Statement& statement) const {
  std::vector<Value> values(static_cast<std::size_t>(statement.parameter_count()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const int index = static_cast<int>(i) + 1;
    std::string name(statement.parameter_name(index));
    if (name.empty()) name = "?" + std::to_string(index);
    if (const auto found = values_.find(name); found != values_.end()) values[i] = found->second;
  }
  return values;
}

void bind_values(Statement& statement, const std::vector<Value>& values) {
  const std::vector<ValueView> views(values.begin(), values.end());
  statement.bind_all(views);
}

}  // namespace libsql::shell
