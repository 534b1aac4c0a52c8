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
    session->statement_begins();
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

TEST_F(SqlSessionTest, OnlyAConnectionThatHasReadServesAnotherSession) {
  const auto idle = [this] { return engine->idle.take().has_value(); };
  on_queue([&] {
    session->connection_for("SELECT 1").execute("SELECT 1");
    session->close();
  });
  EXPECT_TRUE(idle());
  for (const char* sql : {"PRAGMA foreign_keys=0", "BEGIN", "CREATE TEMP TABLE t(a)",
                          "EXPLAIN PRAGMA foreign_keys=0", "; EXPLAIN PRAGMA foreign_keys=0"}) {
    on_queue([&] {
      session->connection_for(sql).execute(sql);
      session->close();
    });
    EXPECT_FALSE(idle()) << sql;
  }
}

TEST_F(SqlSessionTest, AConnectionServesNobodyElseWhileAStatementOfItLives) {
  on_queue([&] {
    session->statement_begins();
    static_cast<void>(session->connection_for("SELECT 1"));
    session->close();
    session->statement_ended();
  });
  EXPECT_FALSE(engine->idle.take().has_value());
}

}  // namespace
}  // namespace libsql::server
