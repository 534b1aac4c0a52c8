// Changes of a file's key: every pair of keys, other connections, and a kill at any time.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include <gmock/gmock.h>

#include "libsql/database.h"
#include "testing/child_process.h"
#include "testing/encryption.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

using testing::query;
using testing::throws_error;

std::optional<Encryption> key_of(int which) {
  switch (which) {
    case 0:
      return std::nullopt;
    case 1:
      return testing::encryption(Cipher::aes256cbc, "the first of three keys, 32 bytes");
    case 2:
      return testing::encryption(Cipher::aes256cbc, "another key, also of 32 bytes ....");
    default:
      return testing::encryption(Cipher::aes256gcm, "a key for the authenticated format");
  }
}

KeyChoice choice_of(const std::optional<Encryption>& key) {
  return key ? KeyChoice(*key) : KeyChoice(NoKey{});
}

class RekeyTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "test.db") const {
    return directory_.path(name);
  }
  [[nodiscard]] Database database(const std::optional<Encryption>& key,
                                  const char* mode = "wal") const {
    Options options;
    options.encryption = key;
    options.journal_mode = mode;
    options.busy_timeout = std::chrono::milliseconds(0);
    return Database(path(), options);
  }
  static void fill(Connection& db, int rows = 200) {
    db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    for (int i = 0; i < rows; ++i) db.execute("INSERT INTO t(b) VALUES (zeroblob(900))");
    db.pragma("user_version", "7");
  }
  static std::string summary(Connection& db) {
    return query(db, "PRAGMA integrity_check") + query(db, "SELECT count(*), max(a) FROM t") +
           query(db, "PRAGMA user_version");
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(RekeyTest, ChangesFromEveryKeyToEveryOther) {
  for (int from = 0; from < 4; ++from) {
    for (int to = 0; to < 4; ++to) {
      std::filesystem::remove(path());
      {
        Connection db = database(key_of(from)).connect();
        fill(db);
      }
      std::filesystem::permissions(
          path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
      int total = 0;
      database(key_of(from)).rekey(choice_of(key_of(to)), [&total](int, int pages) {
        total = pages;
        return true;
      });
      if (from != to) {
        EXPECT_THAT([&] { return database(key_of(from)).connect(); },
                    throws_error(ErrorKind::not_a_database))
            << from << " to " << to;
      }
      Connection db = database(key_of(to), "").connect();
      EXPECT_EQ(summary(db), "'ok'200|2007") << from << " to " << to;
      EXPECT_EQ(query(db, "PRAGMA journal_mode"), "'wal'");
      struct stat status {};
      ASSERT_EQ(stat(path().c_str(), &status), 0);
      EXPECT_EQ(status.st_mode & 0777U, 0600U);
      EXPECT_FALSE(std::filesystem::exists(path("test.db-rekey")));
    }
  }
}

TEST_F(RekeyTest, IsRefusedWhileAnotherConnectionIsOpen) {
  Connection db = database(key_of(1)).connect();
  fill(db, 5);
  EXPECT_THAT([&] { database(key_of(1)).rekey(choice_of(key_of(2))); },
              throws_error(ErrorKind::busy, "while no other connection has it open"));
  EXPECT_EQ(summary(db), "'ok'5|57");
}

// Idle in a rollback journal's mode, it holds no lock.
TEST_F(RekeyTest, IsRefusedWhileAnIdleConnectionOfTheProcessIsOpen) {
  for (const char* mode : {"delete", "truncate", "persist"}) {
    std::filesystem::remove(path());
    Connection db = database(key_of(1), mode).connect();
    fill(db, 5);
    EXPECT_THAT([&] { database(key_of(1), mode).rekey(choice_of(key_of(2))); },
                throws_error(ErrorKind::busy, "while nothing else in this process has it open"))
        << mode;
    EXPECT_EQ(summary(db), "'ok'5|57") << mode;
  }
}

TEST_F(RekeyTest, IsRefusedWhileAConnectionOfTheProcessHasTheFileAttached) {
  {
    Connection db = database(key_of(1), "delete").connect();
    fill(db, 5);
  }
  Options options;
  options.attach = {{"secret", path(), choice_of(key_of(1))}};
  Connection other = Database(path("other.db"), options).connect();
  EXPECT_EQ(query(other, "SELECT count(*) FROM secret.t"), "5");
  EXPECT_THAT([&] { database(key_of(1), "delete").rekey(choice_of(key_of(2))); },
              throws_error(ErrorKind::busy, "while nothing else in this process has it open"));
  EXPECT_EQ(query(other, "SELECT count(*) FROM secret.t"), "5");
}

// The end of any descriptor of the file would release the locks that this process has on it.
TEST_F(RekeyTest, ARefusalLeavesTheLocksOfOthersAlone) {
  testing::ChildProcess child([&](const testing::Reports& reports) {
    while (!std::filesystem::exists(path("go"))) usleep(1000);
    try {
      Connection db = database(key_of(1), "delete").connect();
      db.execute("INSERT INTO t(b) VALUES (1)");
      reports.send(0);
    } catch (const Error& error) {
      reports.send(error.kind() == ErrorKind::busy ? 1 : 2);
    }
    for (;;) pause();
  });
  Connection db = database(key_of(1), "delete").connect();
  fill(db, 5);
  Transaction reading = db.begin();
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "5");
  EXPECT_THAT([&] { database(key_of(1), "delete").rekey(choice_of(key_of(2))); },
              throws_error(ErrorKind::busy));
  testing::write_file(path("go"), "");
  EXPECT_EQ(child.receive(), 1);
  child.kill();
}

// Nothing shows the idle connection of another process; it fails, and writes nothing.
TEST_F(RekeyTest, AConnectionOfAnotherProcessToTheOldFileFails) {
  for (int from = 0; from < 4; ++from) {
    std::filesystem::remove(path());
    {
      Connection db = database(key_of(from), "delete").connect();
      fill(db, 5);
    }
    testing::ChildProcess child([&](const testing::Reports& reports) {
      Connection db = database(key_of(from), "delete").connect();
      reports.send(
          static_cast<int>(std::get<std::int64_t>(db.query_one("SELECT count(*) FROM t"))));
      while (!std::filesystem::exists(path("go"))) usleep(1000);
      try {
        db.execute("INSERT INTO t(b) VALUES (1)");
        reports.send(1);
      } catch (const Error& error) {
        reports.send(error.kind() == ErrorKind::not_a_database ? 2 : 3);
      }
      for (;;) pause();
    });
    ASSERT_EQ(child.receive(), 5);
    database(key_of(from), "delete").rekey(choice_of(key_of(2)));
    testing::write_file(path("go"), "");
    EXPECT_EQ(child.receive(), 2) << from;
    child.kill();
    std::filesystem::remove(path("go"));
    Connection again = database(key_of(2), "delete").connect();
    EXPECT_EQ(summary(again), "'ok'5|57");
  }
}

TEST_F(RekeyTest, NeedsTheRightKey) {
  {
    Connection db = database(key_of(1)).connect();
    fill(db, 5);
  }
  const auto before = testing::files_of(directory_.path(""));
  EXPECT_THAT([&] { database(key_of(2)).rekey(choice_of(key_of(3))); },
              throws_error(ErrorKind::not_a_database, "the encryption key is not the file's"));
  EXPECT_EQ(testing::files_of(directory_.path("")), before);
}

TEST_F(RekeyTest, RefusesWhatHasNoFileOrSeveralNames) {
  EXPECT_THAT([] { Database(":memory:").rekey(choice_of(key_of(1))); },
              throws_error(ErrorKind::invalid_argument, "in memory"));
  {
    Connection db = database(key_of(1)).connect();
    fill(db, 5);
  }
  std::filesystem::create_hard_link(path(), path("other.db"));
  EXPECT_THAT([&] { database(key_of(1)).rekey(choice_of(key_of(2))); },
              throws_error(ErrorKind::invalid_argument, "hard links"));
}

TEST_F(RekeyTest, FollowsASymbolicLink) {
  {
    Connection db = database(key_of(1)).connect();
    fill(db, 5);
  }
  std::filesystem::rename(path(), path("real.db"));
  std::filesystem::create_symlink(path("real.db"), path());
  database(key_of(1)).rekey(choice_of(key_of(2)));
  EXPECT_TRUE(std::filesystem::is_symlink(path()));
  Connection db = database(key_of(2)).connect();
  EXPECT_EQ(summary(db), "'ok'5|57");
}

TEST_F(RekeyTest, ProgressCanStopIt) {
  {
    Connection db = database(key_of(1)).connect();
    fill(db, 2000);
  }
  EXPECT_THAT(
      [&] { database(key_of(1)).rekey(choice_of(key_of(2)), [](int, int) { return false; }); },
      throws_error(ErrorKind::interrupted));
  Connection db = database(key_of(1)).connect();
  EXPECT_EQ(summary(db), "'ok'2000|20007");
  EXPECT_FALSE(std::filesystem::exists(path("test.db-rekey")));
}

// The file has one of the two keys, whole, wherever the process dies.
TEST_F(RekeyTest, AKillAtAnyTimeLeavesAWholeFileOfEitherKey) {
  {
    Connection db = database(key_of(1)).connect();
    fill(db, 2000);
  }
  int key = 1;
  int old_keys = 0;
  for (int round = 0; round < 60; ++round) {
    const int next = key == 1 ? 2 : 1;
    {
      testing::ChildProcess child([&](const testing::Reports& reports) {
        database(key_of(key)).rekey(choice_of(key_of(next)), [&reports](int, int) {
          reports.send(1);
          return true;
        });
        reports.send(2);
        for (;;) pause();
      });
      // The copy takes nine steps.
      for (int step = 0; step <= round % 11; ++step) {
        const std::optional<int> reported = child.receive();
        if (!reported || *reported == 2) break;
      }
      child.kill();
    }
    const auto opens = [&](int which) {
      try {
        Connection db = database(key_of(which)).connect();
        EXPECT_EQ(summary(db), "'ok'2000|20007") << "round " << round;
        return true;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_a_database) << error.what();
        return false;
      }
    };
    const bool new_key = opens(next);
    ASSERT_NE(opens(key), new_key) << "round " << round;
    if (new_key) key = next;
    old_keys += new_key ? 0 : 1;
  }
  EXPECT_GT(old_keys, 10);
  EXPECT_LT(old_keys, 60);
}

}  // namespace
}  // namespace libsql
