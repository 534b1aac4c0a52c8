#include "remote/version_2.h"

#include <variant>

#include <gtest/gtest.h>

namespace libsql::remote {
namespace {

using hrana::Condition;

// The condition that is left of this one; nothing if the step always runs.
std::optional<Condition> left_of(Condition condition) {
  hrana::RunBatch run;
  run.batch.steps.emplace_back().condition = std::move(condition);
  const hrana::Request request = run;
  const auto requests = for_version_2({&request, 1});
  return std::get<hrana::RunBatch>(requests.at(0)).batch.steps.at(0).condition;
}

TEST(Version2Test, HasNoQuestionAboutTheTransaction) {
  const hrana::Request requests[] = {hrana::Execute{}, hrana::GetAutocommit{},
                                     hrana::CloseStream{}};
  const auto left = for_version_2(requests);
  ASSERT_EQ(left.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<hrana::Execute>(left[0]));
  EXPECT_TRUE(std::holds_alternative<hrana::CloseStream>(left[1]));
}

TEST(Version2Test, TakesTheTransactionForOpen) {
  const Condition open = Condition::negation(Condition::is_autocommit());
  EXPECT_FALSE(left_of(open).has_value());
  const auto both = left_of(Condition::all({Condition::ok(3), open}));
  ASSERT_TRUE(both.has_value());
  ASSERT_EQ(both->operands.size(), 1U);
  EXPECT_EQ(both->operands[0].kind, Condition::Kind::ok);
  EXPECT_EQ(both->operands[0].step, 3U);
}

TEST(Version2Test, KeepsAStepFromRunningThatNeedsTheOpposite) {
  const auto never = left_of(Condition::is_autocommit());
  ASSERT_TRUE(never.has_value());
  EXPECT_EQ(never->kind, Condition::Kind::any);
  EXPECT_TRUE(never->operands.empty());
}

TEST(Version2Test, LeavesOtherConditionsAlone) {
  const auto same = left_of(Condition::negation(Condition::ok(1)));
  ASSERT_TRUE(same.has_value());
  EXPECT_EQ(same->kind, Condition::Kind::negation);
}

}  // namespace
}  // namespace libsql::remote
