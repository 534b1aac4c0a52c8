// Change events: sent after the commit, and not for what was undone.
#include "local/change_feed.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::throws_error;

std::string describe(const Event& event) {
  struct Describe {
    std::string operator()(const RowChange& change) const {
      const char* const kinds[] = {"insert ", "update ", "delete "};
      return kinds[static_cast<int>(change.kind)] + change.database + "." + change.table + " " +
             std::to_string(change.rowid);
    }
    std::string operator()(const Committed&) const { return "committed"; }
    std::string operator()(const RolledBack&) const { return "rolled back"; }
    std::string operator()(const WalGrew& grown) const { return "wal " + grown.database; }
    // Only a server sends these.
    std::string operator()(const TableChange& change) const { return "table " + change.table; }
    std::string operator()(const ChangesLost& /*lost*/) const { return "changes lost"; }
    std::string operator()(const ListeningEnded& /*ended*/) const { return "listening ended"; }
  };
  return std::visit(Describe{}, event);
}

class ChangeFeedTest : public testing::FileTest {
 protected:
  ChangeFeedTest() {
    db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE)");
    db_.observe([this](const Event& event) {
      if (!std::holds_alternative<WalGrew>(event)) events_.push_back(describe(event));
    });
  }
  std::vector<std::string> take() { return std::exchange(events_, {}); }

  std::vector<std::string> events_;
  Connection db_ = connect();
};

TEST_F(ChangeFeedTest, SendsEachChangeAfterItsCommit) {
  db_.execute("INSERT INTO t VALUES (7, 'x')");
  EXPECT_THAT(take(), ElementsAre("insert main.t 7", "committed"));
  db_.execute("UPDATE t SET id = 8");
  EXPECT_THAT(take(), ElementsAre("update main.t 8", "committed"));
  db_.execute("DELETE FROM t WHERE id = 8");
  EXPECT_THAT(take(), ElementsAre("delete main.t 8", "committed"));
  db_.execute("SELECT * FROM t");
  EXPECT_THAT(take(), IsEmpty());
}

TEST_F(ChangeFeedTest, SendsTheFirstWriteAfterAnotherConnectionChangedTheSchema) {
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  EXPECT_THAT(take(), ElementsAre("insert main.t 1", "committed"));
  connect().execute("CREATE TABLE other(a)");
  db_.execute("INSERT INTO t VALUES (2, 'y')");
  EXPECT_THAT(take(), ElementsAre("insert main.t 2", "committed"));
}

TEST_F(ChangeFeedTest, SendsAtTheEndOfTheTransaction) {
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  db_.execute("INSERT INTO t VALUES (2, 'y')");
  EXPECT_THAT(take(), IsEmpty());
  transaction.commit();
  EXPECT_THAT(take(), ElementsAre("insert main.t 1", "insert main.t 2", "committed"));
}

TEST_F(ChangeFeedTest, SendsNothingThatIsRolledBack) {
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  transaction.rollback();
  EXPECT_THAT(take(), ElementsAre("rolled back"));
}

TEST_F(ChangeFeedTest, SendsNothingOfSavepointsThatAreUndone) {
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO t VALUES (1, 'a')");
  Savepoint outer = transaction.savepoint("outer_point");
  db_.execute("INSERT INTO t VALUES (2, 'b')");
  {
    Savepoint inner = transaction.savepoint("inner_point");
    db_.execute("INSERT INTO t VALUES (3, 'c')");
  }
  db_.execute("INSERT INTO t VALUES (4, 'd')");
  outer.rollback();
  db_.execute("INSERT INTO t VALUES (5, 'e')");
  outer.release();
  transaction.commit();
  EXPECT_THAT(take(), ElementsAre("insert main.t 1", "insert main.t 5", "committed"));
}

TEST_F(ChangeFeedTest, FollowsSavepointsInSqlText) {
  db_.execute_script(
      "BEGIN; INSERT INTO t VALUES (1, 'a'); SAVEPOINT \"s 1\"; INSERT INTO t VALUES (2, 'b');"
      "ROLLBACK TRANSACTION TO SAVEPOINT 'S 1'; INSERT INTO t VALUES (3, 'c'); RELEASE [s 1];"
      "SAVEPOINT s2; INSERT INTO t VALUES (4, 'd'); RELEASE s2; COMMIT");
  EXPECT_THAT(take(),
              ElementsAre("insert main.t 1", "insert main.t 3", "insert main.t 4", "committed"));
}

TEST_F(ChangeFeedTest, ASavepointOutsideATransactionIsOne) {
  db_.execute("SAVEPOINT a");
  db_.execute("INSERT INTO t VALUES (1, 'a')");
  EXPECT_THAT(take(), IsEmpty());
  db_.execute("RELEASE a");
  EXPECT_THAT(take(), ElementsAre("insert main.t 1", "committed"));
}

TEST_F(ChangeFeedTest, SendsNothingOfStatementsThatFail) {
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  take();
  Transaction transaction = db_.begin();
  db_.execute("INSERT INTO t VALUES (2, 'y')");
  EXPECT_THAT([&] { db_.execute("INSERT INTO t VALUES (3, 'z'), (4, 'x')"); },
              throws_error(ErrorKind::constraint));
  transaction.commit();
  EXPECT_THAT(take(), ElementsAre("insert main.t 2", "committed"));
}

// ON CONFLICT FAIL keeps the rows before the one that failed.
TEST_F(ChangeFeedTest, SendsTheRowsThatOrFailKeeps) {
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  take();
  EXPECT_THAT([&] { db_.execute("INSERT OR FAIL INTO t VALUES (3, 'z'), (4, 'x')"); },
              throws_error(ErrorKind::constraint));
  EXPECT_EQ(testing::query(db_, "SELECT count(*) FROM t WHERE id = 3"), "1");
  EXPECT_THAT(take(), ElementsAre("insert main.t 3", "committed"));
}

TEST_F(ChangeFeedTest, SendsChangesByTriggersAndInAttachedDatabases) {
  db_.execute_script(
      "CREATE TABLE log(a); CREATE TEMP TABLE scratch(a);"
      "CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END;");
  take();
  db_.execute("INSERT INTO t VALUES (5, 'x')");
  EXPECT_THAT(take(), ElementsAre("insert main.t 5", "insert main.log 1", "committed"));
  db_.execute("INSERT INTO scratch VALUES (5)");
  EXPECT_THAT(take(), ElementsAre("insert temp.scratch 1", "committed"));
}

TEST_F(ChangeFeedTest, SendsReplacedAndTruncatedRows) {
  db_.execute("INSERT INTO t VALUES (1, 'x'), (2, 'y')");
  take();
  db_.execute("REPLACE INTO t VALUES (3, 'x')");
  EXPECT_THAT(take(), ElementsAre("delete main.t 1", "insert main.t 3", "committed"));
  db_.execute("DELETE FROM t");
  EXPECT_THAT(take(), ElementsAre("delete main.t 2", "delete main.t 3", "committed"));
}

TEST_F(ChangeFeedTest, WithoutRowidHasRowidZero) {
  db_.execute("CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID");
  take();
  db_.execute("INSERT INTO w VALUES ('k')");
  EXPECT_THAT(take(), ElementsAre("insert main.w 0", "committed"));
}

TEST_F(ChangeFeedTest, ObserversAreReplacedAndRemoved) {
  std::vector<std::string> other;
  db_.observe([&](const Event& event) { other.push_back(describe(event)); });
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_THAT(other, ::testing::IsSupersetOf({"insert main.t 1", "committed", "wal main"}));
  other.clear();
  db_.observe({});
  db_.execute("INSERT INTO t VALUES (2, 'y')");
  EXPECT_THAT(other, IsEmpty());
}

TEST_F(ChangeFeedTest, ExceptionsOfObserversAreIgnored) {
  db_.observe([](const Event&) { throw std::runtime_error("observer"); });
  EXPECT_EQ(db_.execute("INSERT INTO t VALUES (1, 'x')"), 1);
}

TEST_F(ChangeFeedTest, OtherConnectionsMayUseTheDatabaseMeanwhile) {
  Connection other = connect();
  other.set_busy_timeout(std::chrono::milliseconds(0));
  int inserted = 0;
  db_.observe([&](const Event& event) {
    if (std::holds_alternative<Committed>(event)) {
      inserted += static_cast<int>(other.execute("INSERT INTO t(a) VALUES (NULL)"));
    }
  });
  db_.execute("INSERT INTO t VALUES (1, 'x')");
  EXPECT_EQ(inserted, 1);
}

}  // namespace
}  // namespace libsql
