// What callbacks must not do, and what then happens: an error, never a crash.
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "libsql/functions.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

constexpr std::string_view kLong =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT "
    "max(i) FROM n";

class CallbackMisuseTest : public testing::FileTest {
 protected:
  CallbackMisuseTest() { db_.execute_script("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)"); }
  Connection db_ = connect();
};

TEST_F(CallbackMisuseTest, ACancelCheckThatClosesEndsTheStatementOnly) {
  db_.set_cancel_check([&] {
    db_.close();
    return false;
  });
  EXPECT_THAT([&] { return db_.query_value<int>(kLong); },
              throws_error(ErrorKind::misuse, "a callback must not use the connection"));
  db_.set_cancel_check({});
  EXPECT_TRUE(db_.is_open());
  EXPECT_EQ(db_.query_value<int>(kLong), 100'000);
}

TEST_F(CallbackMisuseTest, ACancelCheckThatThrowsIsTheStatementsError) {
  db_.set_cancel_check([]() -> bool { throw std::runtime_error("no answer"); });
  EXPECT_THAT([&] { return db_.query_value<int>(kLong); },
              throws_error(ErrorKind::error, "the cancel check has failed: no answer"));
  db_.set_cancel_check([]() -> bool { throw Error(ErrorKind::timeout, "enough"); });
  EXPECT_THAT([&] { return db_.query_value<int>(kLong); },
              throws_error(ErrorKind::timeout, "enough"));
  db_.set_cancel_check({});
  EXPECT_EQ(db_.query_value<int>(kLong), 100'000);
}

TEST_F(CallbackMisuseTest, WhateverAFunctionCallsOnItsConnectionIsMisuse) {
  std::optional<Statement> statement = db_.prepare("SELECT a FROM t");
  std::optional<Cursor> cursor = db_.open_cursor("SELECT a FROM t");
  ASSERT_TRUE(cursor->next().has_value());
  const std::vector<std::function<void()>> calls = {
      [&] { db_.execute("DELETE FROM t"); },
      [&] { static_cast<void>(db_.prepare("SELECT 1")); },
      [&] { static_cast<void>(db_.begin()); },
      [&] { db_.commit(); },
      [&] { db_.rollback(); },
      [&] { db_.reset(); },
      [&] { statement->execute(); },
      [&] { statement->reset(); },
      [&] { statement->clear_bindings(); },
      [&] { static_cast<void>(cursor->next()); },
      [&] { static_cast<void>(db_.run(Batch().add("DELETE FROM t"))); },
      [&] { db_.set_cancel_check({}); },
      [&] { db_.observe({}); },
      [&] { db_.set_access_policy({}); },
      [&] { db_.create_function(scalar("g", [] { return 1; })); },
      [&] { db_.remove_function("f", 1); },
      [&] { static_cast<void>(db_.serialise()); },
      [&] { db_.checkpoint(CheckpointMode::truncate); },
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    db_.create_function(scalar("f" + std::to_string(i), [&calls, i](int) { calls[i](); }));
    EXPECT_THAT([&] { db_.execute("SELECT f" + std::to_string(i) + "(a) FROM t"); },
                throws_error(ErrorKind::misuse, "a callback must not use the connection"))
        << "call " << i;
  }
  EXPECT_EQ(db_.query_value<int>("SELECT count(*) FROM t"), 2);
  EXPECT_EQ(cursor->next()->get<int>(0), 2);
}

TEST_F(CallbackMisuseTest, AFunctionThatClosesEndsTheStatementOnly) {
  db_.create_function(scalar("shut", [&](int value) {
    db_.close();
    return value;
  }));
  EXPECT_THAT([&] { db_.execute("UPDATE t SET a = shut(a) + 10"); },
              throws_error(ErrorKind::misuse, "a callback must not use the connection"));
  EXPECT_TRUE(db_.is_open());
  EXPECT_EQ(db_.query_value<int>("SELECT sum(a) FROM t"), 3);
}

TEST_F(CallbackMisuseTest, AFunctionMayDropAnotherStatementThatRuns) {
  auto statement = std::make_unique<Statement>(db_.prepare("SELECT a FROM t"));
  db_.create_function(scalar("drop_other", [&](int value) {
    statement.reset();
    return value;
  }));
  ASSERT_EQ(statement->step(), Step::row);
  EXPECT_EQ(db_.query_value<int>("SELECT max(drop_other(a)) FROM t"), 2);
  EXPECT_EQ(db_.query_value<int>("SELECT sum(a) FROM t"), 3);
}

TEST_F(CallbackMisuseTest, AFunctionMayDestroyTheConnectionThatRunsIt) {
  auto connection = std::make_unique<Connection>(connect());
  connection->create_function(scalar("destroy", [&](int value) {
    connection.reset();
    return value;
  }));
  Statement select = connection->prepare("SELECT destroy(a) FROM t");
  ASSERT_EQ(select.step(), Step::row);
  EXPECT_EQ(select.row().get<int>(0), 1);
}

TEST_F(CallbackMisuseTest, AnObserverThatUsesItsConnectionGetsMisuse) {
  std::vector<ErrorKind> seen;
  db_.observe([&](const Event&) {
    db_.close();
    try {
      db_.execute("DELETE FROM t");
    } catch (const Error& error) {
      seen.push_back(error.kind());
    }
  });
  db_.execute("INSERT INTO t VALUES (3)");
  db_.observe({});
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.front(), ErrorKind::misuse);
  EXPECT_EQ(db_.query_value<int>("SELECT count(*) FROM t"), 3);
}

TEST_F(CallbackMisuseTest, AProgressReportThatClosesEndsTheBackup) {
  EXPECT_THAT(
      [&] {
        db_.backup_to(path("copy.db"), [&](int, int) {
          db_.close();
          return true;
        });
      },
      throws_error(ErrorKind::misuse, "a callback must not use the connection"));
  EXPECT_THAT(
      [&] {
        db_.backup_to(path("copy.db"), [](int, int) -> bool { throw std::runtime_error("no"); });
      },
      ::testing::ThrowsMessage<std::runtime_error>("no"));
  db_.backup_to(path("copy.db"));
  EXPECT_EQ(db_.query_value<int>("SELECT count(*) FROM t"), 2);
}

}  // namespace
}  // namespace libsql
