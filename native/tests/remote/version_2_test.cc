#include "remote/version_2.h"

#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/query.h"
#include "tests/remote/scripted_database.h"

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

// All of them may ask which version it is; each gets the answer to its own query.
TEST(Version2Test, FirstCallsInParallelFindAServerOfVersion2) {
  const auto answer = [](const libsql::testing::HttpServer::Request& request) {
    if (request.target() != "/v2/pipeline") return libsql::testing::answer_with("", 404);
    const std::string& body = request.body();
    if (body.find("execute") == std::string::npos) {
      return libsql::testing::answer_with(ScriptedDatabase::body_of(closed()));
    }
    const std::string number = body.substr(body.find("SELECT ") + 7, 1);
    return libsql::testing::answer_with(ScriptedDatabase::body_of(
        executed(result(R"({"name":"n"})", R"([{"type":"integer","value":")" + number + R"("}])")) +
        "," + closed()));
  };
  libsql::testing::HttpServer server(answer);
  const Database database =
      Database::remote("http://127.0.0.1:" + std::to_string(server.port()), RemoteOptions());
  std::vector<std::thread> callers;
  std::vector<std::string> found(8);
  for (std::size_t i = 0; i < found.size(); ++i) {
    callers.emplace_back([&, i] {
      Connection db = database.connect();
      found[i] = libsql::testing::query(db, "SELECT " + std::to_string(i));
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(found, (std::vector<std::string>{"0", "1", "2", "3", "4", "5", "6", "7"}));
}

}  // namespace
}  // namespace libsql::remote
