// Many calls at once: whatever waits for a server costs no thread.
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <memory>
#include <vector>

#include "tests/remote/conformance.h"

namespace libsql {
namespace {

using testing::RequestTrace;

std::size_t threads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

class LoadConformance : public Conformance {
 protected:
  // Each on a connection of its own. How many threads there were when all had been started.
  std::size_t run_at_once(std::vector<Connection>& connections) {
    std::vector<std::unique_ptr<RequestTrace>> answers;
    for (Connection& connection : connections) {
      answers.push_back(std::make_unique<RequestTrace>());
      EXPECT_EQ(answers.back()->start(connection, request::Execute{{"SELECT 7"}}),
                Started::pending);
    }
    const std::size_t count = threads();
    for (const auto& answer : answers) EXPECT_EQ(answer->wait(), "columns 7\nrow 7\ndone 0 1\nok");
    return count;
  }
};

INSTANTIATE_TEST_SUITE_P(Ways, LoadConformance, ::testing::ValuesIn(ways()),
                         [](const auto& way) { return name_of(way.param); });

TEST_P(LoadConformance, AThousandConcurrentCallsNeedNoThreadOfTheirOwn) {
  if (is_local()) GTEST_SKIP() << "a local database answers within the call";
  // A server's streams are limited; over HTTP they wait for their turn at the client.
  const bool socket = GetParam() == Way::socket_json || GetParam() == Way::socket_protobuf;
  std::vector<Connection> connections;
  for (int i = 0; i < (socket ? 400 : 1'000); ++i) connections.push_back(connect());
  const std::size_t before = threads();
  // The server, which is in this process, has threads for what it runs at the same time.
  EXPECT_LT(run_at_once(connections), before + connections.size() / 4);
}

}  // namespace
}  // namespace libsql
