#include "hrana/condition.h"

#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace libsql::hrana {
namespace {

using C = Condition;

// Step 0 succeeded, step 1 failed, step 2 was skipped.
bool after_three(const Condition& condition, bool autocommit = true) {
  constexpr std::array kOutcomes{StepOutcome::ok, StepOutcome::error, StepOutcome::skipped};
  return holds(condition, kOutcomes, autocommit);
}

TEST(ConditionTest, OkHoldsOnlyForAStepThatSucceeded) {
  EXPECT_TRUE(after_three(C::ok(0)));
  EXPECT_FALSE(after_three(C::ok(1)));
  EXPECT_FALSE(after_three(C::ok(2)));
}

TEST(ConditionTest, ErrorHoldsForAStepThatFailedOrWasSkipped) {
  EXPECT_FALSE(after_three(C::error(0)));
  EXPECT_TRUE(after_three(C::error(1)));
  EXPECT_TRUE(after_three(C::error(2)));
}

TEST(ConditionTest, CombinesByLogicAndEmptyListsAreNeutral) {
  EXPECT_TRUE(after_three(C::all({})));
  EXPECT_FALSE(after_three(C::any({})));
  EXPECT_TRUE(after_three(C::all({C::ok(0), C::negation(C::ok(1))})));
  EXPECT_FALSE(after_three(C::all({C::ok(0), C::ok(1)})));
  EXPECT_TRUE(after_three(C::any({C::ok(1), C::ok(0)})));
  EXPECT_FALSE(after_three(C::negation(C::ok(0))));
}

TEST(ConditionTest, IsAutocommitFollowsTheConnection) {
  EXPECT_TRUE(after_three(C::is_autocommit(), true));
  EXPECT_FALSE(after_three(C::is_autocommit(), false));
}

TEST(ConditionTest, NamesOnlyStepsThatComeBefore) {
  EXPECT_TRUE(refers_back(C::ok(1), 2));
  EXPECT_FALSE(refers_back(C::ok(2), 2));
  EXPECT_FALSE(refers_back(C::negation(C::all({C::ok(0), C::error(3)})), 2));
  EXPECT_TRUE(refers_back(C::is_autocommit(), 0));
}

TEST(ConditionTest, AnAtomicBatchRollsBackOnlyAfterAFailureInATransaction) {
  // BEGIN; S1 if ok(0); COMMIT if ok(1); ROLLBACK if and[ok(0), not ok(2)]
  const C commit = C::all({C::ok(1), C::negation(C::is_autocommit())});
  const C rollback = C::all({C::ok(0), C::negation(C::ok(2))});
  const auto runs = [](const C& condition, std::vector<StepOutcome> outcomes) {
    return holds(condition, outcomes, false);
  };
  using enum StepOutcome;
  EXPECT_TRUE(runs(commit, {ok, ok}));
  EXPECT_FALSE(runs(rollback, {ok, ok, ok}));
  EXPECT_FALSE(runs(commit, {ok, error}));
  EXPECT_TRUE(runs(rollback, {ok, error, skipped}));
  EXPECT_FALSE(runs(rollback, {error, skipped, skipped}));
}

}  // namespace
}  // namespace libsql::hrana
