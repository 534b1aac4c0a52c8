#include "hrana/condition.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace libsql::hrana {

Condition Condition::ok(std::uint32_t step) { return {Kind::ok, step, {}}; }
Condition Condition::error(std::uint32_t step) { return {Kind::error, step, {}}; }
Condition Condition::negation(Condition operand) {
  Condition condition{Kind::negation, 0, {}};
  condition.operands.push_back(std::move(operand));
  return condition;
}
Condition Condition::all(std::vector<Condition> operands) {
  return {Kind::all, 0, std::move(operands)};
}
Condition Condition::any(std::vector<Condition> operands) {
  return {Kind::any, 0, std::move(operands)};
}
Condition Condition::is_autocommit() { return {Kind::is_autocommit, 0, {}}; }

// NOLINTBEGIN(misc-no-recursion): decoders bound the depth
bool holds(const Condition& condition, std::span<const StepOutcome> outcomes, bool autocommit) {
  const auto operand_holds = [&](const Condition& operand) {
    return holds(operand, outcomes, autocommit);
  };
  switch (condition.kind) {
    case Condition::Kind::ok:
      return outcomes[condition.step] == StepOutcome::ok;
    case Condition::Kind::error:
      return outcomes[condition.step] != StepOutcome::ok;
    case Condition::Kind::negation:
      return !operand_holds(condition.operands.front());
    case Condition::Kind::all:
      return std::ranges::all_of(condition.operands, operand_holds);
    case Condition::Kind::any:
      return std::ranges::any_of(condition.operands, operand_holds);
    case Condition::Kind::is_autocommit:
      return autocommit;
  }
  assert(false);
  return false;
}

bool refers_back(const Condition& condition, std::size_t step) {
  const bool names_a_step =
      condition.kind == Condition::Kind::ok || condition.kind == Condition::Kind::error;
  if (names_a_step && condition.step >= step) return false;
  return std::ranges::all_of(
      condition.operands, [step](const Condition& operand) { return refers_back(operand, step); });
}

bool uses_autocommit(const Condition& condition) {
  return condition.kind == Condition::Kind::is_autocommit ||
         std::ranges::any_of(condition.operands, uses_autocommit);
}
// NOLINTEND(misc-no-recursion)

}  // namespace libsql::hrana
