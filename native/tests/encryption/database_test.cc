// Encrypted databases through the public API: every page size, journal mode and cipher.
#include "libsql/database.h"

#include <filesystem>
#include <ostream>

#include <gmock/gmock.h>

#include "testing/encryption.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql::encryption {
namespace {

using testing::files_of;
using testing::query;
using testing::throws_error;

// Text that must never reach the disk.
constexpr const char* kCanary = "CANARY-plain-text";

struct Case {
  Cipher cipher;
  int page_size;
  const char* journal_mode;

  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << to_string(shown.cipher) << shown.page_size << shown.journal_mode;
  }
};

class EncryptedDatabaseTest : public ::testing::TestWithParam<Case> {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "test.db") const {
    return directory_.path(name);
  }
  static Options options() {
    Options made = testing::with_key(GetParam().cipher);
    made.journal_mode = GetParam().journal_mode;
    made.pragmas = {{"page_size", std::to_string(GetParam().page_size)}};
    return made;
  }
  [[nodiscard]] Connection connect() const { return Database(path(), options()).connect(); }

  // Rows with the canary, more than the cache of 10 pages holds.
  static void fill(Connection& db, int rows = 300) {
    db.pragma("cache_size", "10");
    db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b, c)");
    db.execute("CREATE INDEX by_b ON t(b)");
    db.execute(
        "INSERT INTO t SELECT value, ? || value, zeroblob(700) FROM"
        " (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT ?)"
        "  SELECT value FROM n)",
        kCanary, rows);
  }
  static std::string summary(Connection& db) {
    return query(db, "PRAGMA integrity_check") +
           query(db, "SELECT count(*), min(b), max(a), sum(length(c)) FROM t");
  }
  void expect_no_canary() const {
    for (const auto& [name, bytes] : files_of(directory_.path(""))) {
      EXPECT_EQ(bytes.find(kCanary), std::string::npos) << name;
      EXPECT_EQ(bytes.find("SQLite format 3"), std::string::npos) << name;
      EXPECT_EQ(bytes.find("a key of 32 bytes"), std::string::npos) << name;
    }
  }

  testing::TemporaryDirectory directory_;
};

TEST_P(EncryptedDatabaseTest, KeepsWhatIsWritten) {
  {
    Connection db = connect();
    fill(db);
    EXPECT_EQ(query(db, "PRAGMA page_size"), std::to_string(GetParam().page_size));
    expect_no_canary();
  }
  expect_no_canary();
  Connection db = connect();
  EXPECT_EQ(summary(db), "'ok'300|'CANARY-plain-text1'|300|210000");
}

// Pages that are changed twice in one transaction are overwritten in the log.
TEST_P(EncryptedDatabaseTest, SpillsAndRollsBack) {
  Connection db = connect();
  fill(db);
  const std::string before = summary(db);
  {
    Transaction transaction = db.begin(TransactionMode::immediate);
    for (int round = 0; round < 3; ++round) {
      db.execute("UPDATE t SET b = b || 'x', c = zeroblob(800)");
      expect_no_canary();
    }
    db.savepoint("here");
    db.execute("DELETE FROM t WHERE a % 2 = 0");
    db.rollback_to_savepoint("here");
    EXPECT_EQ(query(db, "SELECT count(*), sum(length(c)) FROM t"), "300|240000");
    transaction.rollback();
  }
  EXPECT_EQ(summary(db), before);
  for (int round = 0; round < 3; ++round) db.execute("UPDATE t SET c = zeroblob(600 + a % 7)");
  Connection other = connect();
  EXPECT_EQ(query(other, "PRAGMA integrity_check"), "'ok'");
  EXPECT_EQ(query(other, "SELECT count(*) FROM t WHERE length(c) = 600 + a % 7"), "300");
  expect_no_canary();
}

TEST_P(EncryptedDatabaseTest, VacuumsAndShrinks) {
  Connection db = connect();
  fill(db);
  db.execute("DELETE FROM t WHERE a > 100");
  db.execute("VACUUM");
  const std::string rows = "'ok'100|'CANARY-plain-text1'|100|70000";
  EXPECT_EQ(summary(db), rows);
  db.pragma("auto_vacuum", "incremental");
  db.execute("VACUUM");
  db.execute("DELETE FROM t WHERE a > 50");
  db.execute("PRAGMA incremental_vacuum");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "50");
  db.close();
  expect_no_canary();
  Connection again = connect();
  EXPECT_EQ(summary(again), "'ok'50|'CANARY-plain-text1'|50|35000");
}

TEST_P(EncryptedDatabaseTest, RefusesAnotherPageSizeAndKeepsTheFile) {
  Connection db = connect();
  fill(db, 20);
  const std::string other = GetParam().page_size == 4096 ? "8192" : "4096";
  EXPECT_THAT([&] { return db.pragma("page_size", other); },
              throws_error(ErrorKind::error, "VACUUM INTO"));
  EXPECT_EQ(summary(db), "'ok'20|'CANARY-plain-text1'|20|14000");
}

TEST_P(EncryptedDatabaseTest, CopiesAreEncrypted) {
  Connection db = connect();
  fill(db, 30);
  const std::string rows = summary(db);
  db.backup_to(path("backup.db"));
  db.vacuum_into(path("vacuum.db"));
  db.execute("VACUUM INTO ?", path("by_sql.db"));
  db.vacuum_into(path("other_key.db"),
                 testing::encryption(Cipher::aes256gcm, std::string(32, 'o')));
  expect_no_canary();
  for (const char* name : {"backup.db", "vacuum.db", "by_sql.db"}) {
    Connection copy = Database(path(name), options()).connect();
    EXPECT_EQ(summary(copy), rows) << name;
  }
  Options other = options();
  other.encryption = testing::encryption(Cipher::aes256gcm, std::string(32, 'o'));
  Connection copy = Database(path("other_key.db"), other).connect();
  EXPECT_EQ(summary(copy), rows);
  // Plain, because asked for.
  db.vacuum_into(path("plain.db"), NoKey{});
  Options plain;
  plain.journal_mode = "";
  Connection plain_copy = Database(path("plain.db"), plain).connect();
  EXPECT_EQ(summary(plain_copy), rows);
  db.restore_from(path("backup.db"));
  EXPECT_EQ(summary(db), rows);
}

TEST_P(EncryptedDatabaseTest, AttachesEncryptedFiles) {
  Connection db = connect();
  fill(db, 5);
  db.execute("ATTACH ? AS same", path("same.db"));
  db.execute("CREATE TABLE same.u AS SELECT * FROM t");
  expect_no_canary();
  const Encryption other = testing::encryption(Cipher::aes256cbc, std::string(32, 'o'));
  Options both = options();
  both.attach = {{"other", path("other.db"), other}, {"plain", path("plain.db"), NoKey{}}};
  {
    Connection second = Database(path(), both).connect();
    second.execute("CREATE TABLE other.u AS SELECT * FROM t");
    expect_no_canary();
    second.execute("CREATE TABLE plain.u(a)");
  }
  Connection third = Database(path(), both).connect();
  EXPECT_EQ(query(third, "SELECT count(*) FROM other.u"), "5");
  // Without a key of its own, an attached file has the main database's.
  EXPECT_THAT([&] { third.execute("ATTACH ? AS again", path("other.db")); },
              throws_error(ErrorKind::cannot_open, GetParam().cipher == Cipher::aes256cbc
                                                       ? "the encryption key is not the file's"
                                                       : "another cipher"));
  EXPECT_THAT([&] { third.execute("ATTACH ? AS again", path("plain.db")); },
              throws_error(ErrorKind::cannot_open, "not encrypted"));
}

INSTANTIATE_TEST_SUITE_P(
    Files, EncryptedDatabaseTest,
    ::testing::Values(
        Case{Cipher::aes256cbc, 512, "delete"}, Case{Cipher::aes256cbc, 512, "wal"},
        Case{Cipher::aes256cbc, 1024, "truncate"}, Case{Cipher::aes256cbc, 2048, "persist"},
        Case{Cipher::aes256cbc, 4096, "wal"}, Case{Cipher::aes256cbc, 4096, "delete"},
        Case{Cipher::aes256cbc, 8192, "wal"}, Case{Cipher::aes256cbc, 16384, "wal"},
        Case{Cipher::aes256cbc, 32768, "delete"}, Case{Cipher::aes256cbc, 65536, "wal"},
        Case{Cipher::aes256cbc, 65536, "delete"}, Case{Cipher::aes256gcm, 512, "delete"},
        Case{Cipher::aes256gcm, 512, "wal"}, Case{Cipher::aes256gcm, 1024, "persist"},
        Case{Cipher::aes256gcm, 4096, "wal"}, Case{Cipher::aes256gcm, 4096, "delete"},
        Case{Cipher::aes256gcm, 65536, "wal"}, Case{Cipher::aes256gcm, 65536, "truncate"}),
    [](const auto& parameter) {
      std::ostringstream name;
      name << parameter.param;
      return name.str();
    });

class EncryptionOptionTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name = "test.db") const {
    return directory_.path(name);
  }
  testing::TemporaryDirectory directory_;
};

TEST_F(EncryptionOptionTest, RefusesAShortKey) {
  Options options;
  options.encryption = testing::encryption(Cipher::aes256cbc, std::string(31, 'k'));
  EXPECT_THAT([&] { return Database(path(), options).connect(); },
              throws_error(ErrorKind::invalid_argument, "at least 32 bytes"));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(EncryptionOptionTest, TakesAPassphraseForScrypt) {
  Options options;
  options.encryption = Encryption{.key = EncryptionKey("pass"),
                                  .cipher = Cipher::aes256gcm,
                                  .derivation = KeyDerivation::scrypt};
  Database(path(), options).connect().execute("CREATE TABLE t(a)");
  Connection db = Database(path(), options).connect();
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "0");
}

TEST_F(EncryptionOptionTest, RefusesADatabaseInMemory) {
  for (const std::string& location :
       {std::string(":memory:"), Database::shared_memory("x"), std::string("file:x?mode=memory")}) {
    EXPECT_THAT([&] { return Database(location, testing::with_key()).connect(); },
                throws_error(ErrorKind::invalid_argument, "in memory"))
        << location;
  }
}

TEST_F(EncryptionOptionTest, RefusesAPlainFileAndLeavesIt) {
  Options plain;
  plain.journal_mode = "delete";
  Database(path(), plain).connect().execute("CREATE TABLE t(a)");
  const auto before = files_of(directory_.path(""));
  for (const Cipher cipher : {Cipher::aes256cbc, Cipher::aes256gcm}) {
    EXPECT_THAT([&] { return Database(path(), testing::with_key(cipher)).connect(); },
                throws_error(ErrorKind::not_a_database, "is not encrypted"));
  }
  EXPECT_EQ(files_of(directory_.path("")), before);
}

TEST_F(EncryptionOptionTest, RefusesKeysInSqlText) {
  for (const bool encrypted : {false, true}) {
    Connection db =
        Database(encrypted ? path() : ":memory:", encrypted ? testing::with_key() : Options())
            .connect();
    for (const char* sql :
         {"PRAGMA key = 'x'", "PRAGMA main.hexkey='00'", "pragma \"rekey\"('x')",
          "/* */ PRAGMA key", "ATTACH 'new.db' AS n KEY 'x'", "attach 'new.db' as key key x'00'",
          "ATTACH DATABASE ('new' || '.db') AS n KEY 'x'"}) {
      EXPECT_THAT([&] { db.execute(sql); },
                  throws_error(ErrorKind::invalid_argument, "encryption key"))
          << sql;
    }
    db.execute("ATTACH ':memory:' AS key");
    db.execute("ATTACH ':memory:' AS \"KEY x\"");
    EXPECT_FALSE(std::filesystem::exists("new.db"));
  }
  Options options;
  options.pragmas = {{"key", "x"}};
  EXPECT_THAT([&] { return Database(":memory:", options).connect(); },
              throws_error(ErrorKind::invalid_argument, "encryption key"));
}

TEST_F(EncryptionOptionTest, KeepsTemporaryFilesInMemory) {
  Connection db = Database(path(), testing::with_key()).connect();
  EXPECT_EQ(query(db, "PRAGMA temp_store"), "2");
  for (const char* sql :
       {"PRAGMA temp_store = FILE", "PRAGMA temp_store(1)", "PRAGMA temp_store=0"}) {
    EXPECT_THAT([&] { db.execute(sql); }, throws_error(ErrorKind::invalid_argument, "temp_store"))
        << sql;
  }
  db.execute("PRAGMA temp_store = MEMORY");
  // A plain main database with an encrypted one attached.
  Options options;
  options.attach = {{"secret", path("secret.db"), testing::encryption()}};
  Connection plain = Database(path("plain.db"), options).connect();
  EXPECT_EQ(query(plain, "PRAGMA temp_store"), "2");
  EXPECT_THAT([&] { plain.execute("PRAGMA temp_store = FILE"); },
              throws_error(ErrorKind::invalid_argument, "temp_store"));
}

TEST_F(EncryptionOptionTest, NeverMapsTheFile) {
  Options options = testing::with_key();
  options.pragmas = {{"mmap_size", "1000000"}};
  Connection db = Database(path(), options).connect();
  EXPECT_EQ(query(db, "PRAGMA mmap_size"), "0");
}

TEST_F(EncryptionOptionTest, NoMessageContainsTheKeyOrTheNameOfTheVfs) {
  Connection db = Database(path(), testing::with_key()).connect();
  db.execute("CREATE TABLE t(a)");
  const std::string nowhere = path("no/such/folder/x.db");
  try {
    db.vacuum_into(nowhere, testing::encryption(Cipher::aes256gcm));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "unable to open database: " + nowhere);
  }
  EXPECT_EQ(query(db, "PRAGMA database_list"), "0|'main'|'" + path() + "'");
}

// One bit of every byte of the file, one after the other.
TEST_F(EncryptionOptionTest, DetectsAChangedBitAnywhereInTheAuthenticatedFormat) {
  Options options = testing::with_key(Cipher::aes256gcm);
  options.journal_mode = "delete";
  options.pragmas = {{"page_size", "512"}};
  {
    Connection db = Database(path(), options).connect();
    db.execute_script("CREATE TABLE t(a); CREATE INDEX i ON t(a)");
    for (int i = 0; i < 40; ++i) db.execute("INSERT INTO t VALUES (?)", std::to_string(i) + "-row");
  }
  const std::string file = testing::read_file(path());
  ASSERT_EQ(file.size() % 512, 0U);
  for (std::size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ (1 << (at * 7 % 8)));
    testing::write_file(path("changed.db"), changed);
    try {
      Connection db = Database(path("changed.db"), options).connect();
      const std::string found = query(db, "PRAGMA integrity_check");
      ADD_FAILURE() << "byte " << at << ": " << found;
    } catch (const Error& error) {
      EXPECT_THAT(error.kind(), ::testing::AnyOf(ErrorKind::corrupt, ErrorKind::not_a_database));
      const std::string page = "(page " + std::to_string(at / 512 + 1) + ")";
      if (at >= 512) {
        EXPECT_THAT(error.message(), ::testing::HasSubstr(page));
      }
    }
    if (HasFailure()) break;
  }
}

// The same page number of another file with the same key.
TEST_F(EncryptionOptionTest, DetectsAPageOfAnotherFileInTheAuthenticatedFormat) {
  Options options = testing::with_key(Cipher::aes256gcm);
  options.journal_mode = "delete";
  for (const char* name : {"one.db", "two.db"}) {
    Connection db = Database(path(name), options).connect();
    db.execute("CREATE TABLE t AS SELECT ? AS a", name);
  }
  std::string file = testing::read_file(path("one.db"));
  file.replace(4096, 4096, testing::read_file(path("two.db")), 4096, 4096);
  testing::write_file(path("one.db"), file);
  Connection db = Database(path("one.db"), options).connect();
  EXPECT_THAT([&] { return db.query_one("SELECT a FROM t"); },
              throws_error(ErrorKind::corrupt, "a page of the file is damaged or was changed"));
}

// What a backup copies page by page has no room for the tags; VACUUM makes it.
TEST_F(EncryptionOptionTest, AuthenticatesAPlainDatabaseByVacuumOnly) {
  Connection db = Database(path("plain.db")).connect();
  db.execute("CREATE TABLE t(a)");
  const Encryption key = testing::encryption(Cipher::aes256gcm);
  EXPECT_THAT([&] { db.backup_to(path("backup.db"), {}, -1, key); },
              throws_error(ErrorKind::io, "no room for the cipher aes256gcm"));
  db.vacuum_into(path("vacuum.db"), key);
  Connection copy = Database(path("vacuum.db"), testing::with_key(Cipher::aes256gcm)).connect();
  EXPECT_EQ(query(copy, "PRAGMA integrity_check"), "'ok'");
  EXPECT_EQ(query(copy, "SELECT count(*) FROM t"), "0");
}

}  // namespace
}  // namespace libsql::encryption
