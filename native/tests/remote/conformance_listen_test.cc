// Change events of a table: the same from every server that offers them; a local database refuses.
#include "libsql/listening.h"
#include "testing/matchers.h"
#include "tests/remote/conformance.h"
#include "tests/remote/event_queue.h"

namespace libsql {
namespace {

using testing::EventQueue;
using testing::throws_error;

class ListenConformance : public Conformance {
 protected:
  EventQueue events;
};

INSTANTIATE_TEST_SUITE_P(Ways, ListenConformance, ::testing::ValuesIn(ways()),
                         [](const auto& way) { return name_of(way.param); });

TEST_P(ListenConformance, EachCommitOfAnyConnectionIsOneEventWithItsCounts) {
  if (is_local()) {
    EXPECT_THAT([&] { static_cast<void>(db.listen("t", events.handler())); },
                throws_error(ErrorKind::unsupported));
    return;
  }
  const auto listening = db.listen("t", events.handler());
  Connection other = connect();
  other.execute("INSERT INTO t(a) VALUES (1), (2)");
  EXPECT_EQ(events.next(), "t +2 ~0 -0");
  other.begin_transaction(TransactionMode::immediate);
  other.execute("INSERT INTO t(a) VALUES (3)");
  other.execute("UPDATE t SET a = a + 10 WHERE a < 3");
  other.commit();
  db.execute("DELETE FROM t WHERE a = 3");
  EXPECT_EQ(events.next(), "t +1 ~2 -0");
  EXPECT_EQ(events.next(), "t +0 ~0 -1");
}

TEST_P(ListenConformance, WhatIsRolledBackOrInAnotherTableIsNoEvent) {
  if (is_local()) GTEST_SKIP() << "a local database has no such events";
  if (is_given()) GTEST_SKIP() << "sqld counts what a closed stream has rolled back as changed";
  const auto listening = db.listen("t", events.handler());
  db.begin_transaction(TransactionMode::immediate);
  db.execute("INSERT INTO t(a) VALUES (1)");
  db.rollback();
  db.execute("CREATE TABLE c(a)");
  db.execute("INSERT INTO c VALUES (1)");
  db.execute("INSERT INTO t(a) VALUES (1), (2), (3)");
  EXPECT_EQ(events.next(), "t +3 ~0 -0");
}

TEST_P(ListenConformance, ATransactionGoesOnWhileListeningBegins) {
  if (is_local()) GTEST_SKIP() << "a local database has no such events";
  if (is_given()) GTEST_SKIP() << "sqld does not report on connections that were open before";
  db.begin_transaction(TransactionMode::immediate);
  db.execute("INSERT INTO t(a) VALUES (1)");
  const auto listening = db.listen("t", events.handler());
  EXPECT_TRUE(db.in_transaction());
  db.commit();
  EXPECT_EQ(events.next(), "t +1 ~0 -0");
}

TEST_P(ListenConformance, NothingComesAfterStop) {
  if (is_local()) GTEST_SKIP() << "a local database has no such events";
  EventQueue others;
  const auto listening = db.listen("t", events.handler());
  const auto other = db.listen("t", others.handler());
  listening->stop();
  db.execute("INSERT INTO t(a) VALUES (1)");
  EXPECT_EQ(others.next(), "t +1 ~0 -0");
  EXPECT_EQ(events.next(std::chrono::milliseconds(0)), "nothing");
}

}  // namespace
}  // namespace libsql
