// What interrupts a session meets only what it was meant for.
#include "server/sql_session.h"

#include <functional>
#include <memory>

#include <gmock/gmock.h>

#include "testing/matchers.h"
#include "testing/wait.h"

namespace libsql::server {
namespace {

using testing::throws_error;

class SqlSessionTest : public ::testing::Test {
 protected:
  // Runs `task` as the session's requests are, and waits for its end.
  void on_queue(const std::function<void()>& task) {
    testing::Gate done;
    queue->post([&] {
      task();
      done.open();
    });
    ASSERT_TRUE(done.wait());
  }
  void begin_writing() {
    session->take_write_turn();
    session->connection().execute("BEGIN IMMEDIATE");
  }
  void end_writing() {
    session->connection().execute("ROLLBACK");
    session->statement_ended();
  }

  core::ThreadPool pool{{}};
  const std::shared_ptr<Engine> engine = std::make_shared<Engine>(
      Database(":memory:"), ":memory:", nullptr, 1'000'000, std::chrono::hours(1));
  const std::shared_ptr<SerialQueue> queue = std::make_shared<SerialQueue>(pool);
  const std::shared_ptr<SqlSession> session = std::make_shared<SqlSession>(engine, queue);
};

// The order to give up came when the turn had ended, and ended the transaction that came next.
TEST_F(SqlSessionTest, AnEvictionThatComesTooLateLeavesTheNextTransactionAlone) {
  constexpr std::uint64_t kFirstTurn = 1;
  on_queue([&] {
    begin_writing();
    end_writing();
    begin_writing();
  });
  session->evict(kFirstTurn);
  on_queue([&] {
    EXPECT_FALSE(session->begin_program());
    EXPECT_TRUE(session->in_transaction());
  });
  session->evict(kFirstTurn + 1);
  on_queue([&] {
    EXPECT_TRUE(session->begin_program());
    EXPECT_FALSE(session->in_transaction());
    EXPECT_FALSE(session->begin_program());
  });
}

TEST_F(SqlSessionTest, AStopEndsWithGoOn) {
  session->stop();
  on_queue([&] {
    EXPECT_THAT(
        [&] {
          session->connection().execute(
              "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) "
              "FROM c");
        },
        throws_error(ErrorKind::interrupted));
    session->go_on();
    session->connection().execute("SELECT 1");
    begin_writing();
    end_writing();
  });
}

}  // namespace
}  // namespace libsql::server
