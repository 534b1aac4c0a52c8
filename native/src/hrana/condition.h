// The conditions of batch steps: their value when a step's turn comes, and what makes a batch
// invalid before it runs.
#ifndef LIBSQL_HRANA_CONDITION_H_
#define LIBSQL_HRANA_CONDITION_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace libsql::hrana {

// A tree of conditions. A decoder refuses one deeper than Limits::max_depth.
struct Condition {
  enum class Kind : std::uint8_t { ok, error, negation, all, any, is_autocommit };

  Kind kind = Kind::is_autocommit;
  std::uint32_t step = 0;           // Of `ok` and `error`.
  std::vector<Condition> operands;  // One of `negation`, any number of `all` and `any`.

  // Step `step` ran and succeeded.
  [[nodiscard]] static Condition ok(std::uint32_t step);
  // Step `step` did not succeed: it failed, or it was skipped. The published text says only
  // "failed"; sqld and Turso count a skipped step too, and so do we. Clients avoid it.
  [[nodiscard]] static Condition error(std::uint32_t step);
  [[nodiscard]] static Condition negation(Condition operand);
  // True if empty.
  [[nodiscard]] static Condition all(std::vector<Condition> operands);
  // False if empty.
  [[nodiscard]] static Condition any(std::vector<Condition> operands);
  // No explicit transaction is open when the step's turn comes (version 3).
  [[nodiscard]] static Condition is_autocommit();
};

enum class StepOutcome : std::uint8_t { skipped, ok, error };

// Whether a step with this condition runs, after steps with these outcomes.
// REQUIRES: refers_back(condition, outcomes.size()).
[[nodiscard]] bool holds(const Condition& condition, std::span<const StepOutcome> outcomes,
                         bool autocommit);

// Every step that the condition of step `step` names comes before it.
[[nodiscard]] bool refers_back(const Condition& condition, std::size_t step);

// It asks for what only version 3 has.
[[nodiscard]] bool uses_autocommit(const Condition& condition);

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_CONDITION_H_
