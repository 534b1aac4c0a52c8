// Calls that do not wait, on a replica: what reads runs on the file, and holds nobody up.
#include "libsql/async.h"

#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"
#include "testing/pull_server.h"

namespace libsql {
namespace {

using testing::throws_error;

class ReplicaAsyncTest : public testing::FileTest {
 protected:
  [[nodiscard]] Connection connect_replica() {
    server_.execute("CREATE TABLE t(a); INSERT INTO t VALUES (7)");
    return Database::replica(path(), server_.url()).connect();
  }

  testing::PullServer server_{path("primary.db"), testing::PullProtocol::replication_log};
};

TEST_F(ReplicaAsyncTest, AReadRunsOnAThreadOfTheLibrarys) {
  AsyncConnection db(connect_replica());
  std::promise<std::thread::id> where;
  db.query_value<int>("SELECT a FROM t").then([&](AsyncResult<int> result) {
    EXPECT_EQ(std::move(result).value(), 7);
    where.set_value(std::this_thread::get_id());
  });
  EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
}

TEST_F(ReplicaAsyncTest, AnEndlessReadCanBeGivenUpAndTheNextCallRuns) {
  AsyncConnection db(connect_replica());
  std::stop_source stop;
  std::promise<AsyncResult<int>> endless;
  db.query_value<int>(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
      .stop_on(stop.get_token())
      .then([&](AsyncResult<int> result) { endless.set_value(std::move(result)); });
  std::promise<AsyncResult<int>> next;
  db.query_value<int>("SELECT a FROM t").then([&](AsyncResult<int> result) {
    next.set_value(std::move(result));
  });
  stop.request_stop();
  auto ended = endless.get_future().get();
  EXPECT_THAT([&] { return std::move(ended).value(); }, throws_error(ErrorKind::interrupted, ""));
  EXPECT_EQ(next.get_future().get().value(), 7);
}

}  // namespace
}  // namespace libsql
