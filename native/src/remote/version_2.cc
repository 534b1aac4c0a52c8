#include "remote/version_2.h"

#include <optional>
#include <utility>

namespace libsql::remote {

namespace {

using hrana::Condition;
using Kind = Condition::Kind;

// A condition, or what it always is.
struct Reduced {
  std::optional<Condition> condition;
  bool value = true;
};

Reduced reduced(const Condition& condition);

// `all` without what is true, `any` without what is false.
Reduced reduced_list(const Condition& condition) {
  const bool neutral = condition.kind == Kind::all;
  std::vector<Condition> left;
  for (const Condition& operand : condition.operands) {
    Reduced one = reduced(operand);
    if (one.condition) {
      left.push_back(std::move(*one.condition));
    } else if (one.value != neutral) {
      return {std::nullopt, !neutral};
    }
  }
  if (left.empty()) return {std::nullopt, neutral};
  return {neutral ? Condition::all(std::move(left)) : Condition::any(std::move(left))};
}

Reduced reduced(const Condition& condition) {
  switch (condition.kind) {
    case Kind::is_autocommit:
      return {std::nullopt, false};
    case Kind::negation: {
      Reduced operand = reduced(condition.operands.front());
      if (!operand.condition) return {std::nullopt, !operand.value};
      return {Condition::negation(std::move(*operand.condition))};
    }
    case Kind::all:
    case Kind::any:
      return reduced_list(condition);
    case Kind::ok:
    case Kind::error:
      break;
  }
  return {condition};
}

}  // namespace

std::vector<hrana::Request> for_version_2(std::span<const hrana::Request> requests) {
  std::vector<hrana::Request> result;
  for (const hrana::Request& request : requests) {
    if (std::holds_alternative<hrana::GetAutocommit>(request)) continue;
    result.push_back(request);
    auto* const batch = std::get_if<hrana::RunBatch>(&result.back());
    if (batch == nullptr) continue;
    for (hrana::BatchStep& step : batch->batch.steps) {
      if (!step.condition) continue;
      Reduced condition = reduced(*step.condition);
      // An empty `any` is false.
      if (!condition.condition && !condition.value) condition.condition = Condition::any({});
      step.condition = std::move(condition.condition);
    }
  }
  return result;
}

}  // namespace libsql::remote
