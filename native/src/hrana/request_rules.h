// What every decoder of requests checks, whatever the encoding.
#ifndef LIBSQL_HRANA_REQUEST_RULES_H_
#define LIBSQL_HRANA_REQUEST_RULES_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "hrana/limits.h"
#include "hrana/messages.h"

namespace libsql::hrana {

// Errors: missing if neither is given, wrong_type if both are.
[[nodiscard]] inline SqlSource choose_source(OptionalText text, std::optional<std::int32_t> id) {
  if (text && id) throw Malformed(Fault::wrong_type, "sql", "stands beside sql_id");
  if (!text && !id) throw Malformed(Fault::missing, "sql", "is missing, and so is sql_id");
  if (text) return *text;
  return *id;
}

// Errors: bad_reference.
inline void require_references_back(const BatchStep& step, std::size_t index) {
  if (!step.condition || refers_back(*step.condition, index)) return;
  throw Malformed(Fault::bad_reference, "condition", "names a step that does not come before");
}

// Errors: too_deep. `depth` of the outermost condition is 1.
inline void require_depth(std::size_t depth, const Limits& limits) {
  if (depth > limits.max_depth) {
    throw Malformed(Fault::too_deep, "condition", "conditions are nested too deep");
  }
}

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_REQUEST_RULES_H_
