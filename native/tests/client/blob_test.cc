// Blobs in portions: what a handle reads and writes, and how it ends.
#include "libsql/blob.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "libsql/access_policy.h"
#include "libsql/functions.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

Blob bytes(const std::string& text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

std::string read_all(const BlobHandle& blob, std::size_t part = 4) {
  std::string all;
  std::vector<std::byte> buffer(part);
  for (std::size_t at = 0; at < blob.size(); at += part) {
    const auto into = std::span(buffer).first(std::min(part, blob.size() - at));
    blob.read(at, into);
    all.append(reinterpret_cast<const char*>(into.data()), into.size());
  }
  return all;
}

void make_covers(Connection& db) {
  db.execute("CREATE TABLE cover(id INTEGER PRIMARY KEY, image, shelf UNIQUE)");
  db.execute("INSERT INTO cover VALUES (1, ?, 'a shelf'), (2, 'a text', NULL), (3, NULL, 5)",
             bytes("0123456789"));
}

class BlobHandleTest : public testing::MemoryTest {
 protected:
  BlobHandleTest() { make_covers(db_); }
  BlobHandle open(BlobMode mode = BlobMode::read, std::int64_t rowid = 1) {
    return db_.open_blob("cover", "image", rowid, mode);
  }
  std::string image() { return query("SELECT CAST(image AS TEXT) FROM cover WHERE id = 1"); }
};

TEST_F(BlobHandleTest, ReadsABlobOrATextInPortions) {
  const BlobHandle blob = open();
  EXPECT_EQ(blob.size(), 10U);
  EXPECT_EQ(read_all(blob, 3), "0123456789");
  EXPECT_EQ(read_all(open(BlobMode::read, 2)), "a text");
}

TEST_F(BlobHandleTest, WritesWithinATransaction) {
  Transaction transaction = db_.begin(TransactionMode::immediate);
  BlobHandle blob = open(BlobMode::write);
  blob.write(2, bytes("xy"));
  blob.write(9, bytes("z"));
  EXPECT_EQ(read_all(blob), "01xy45678z");
  transaction.commit();
  EXPECT_EQ(image(), "'01xy45678z'");
}

TEST_F(BlobHandleTest, ARollbackUndoesWhatWasWritten) {
  {
    const Transaction transaction = db_.begin();
    BlobHandle blob = open(BlobMode::write);
    blob.write(0, bytes("lost"));
  }
  EXPECT_EQ(image(), "'0123456789'");
}

TEST_F(BlobHandleTest, WritingOutsideATransactionIsRefused) {
  EXPECT_THAT([&] { return open(BlobMode::write); },
              throws_error(ErrorKind::misuse, "within a transaction: begin one"));
}

TEST_F(BlobHandleTest, NothingIsReadOrWrittenBeyondTheEnd) {
  const Transaction transaction = db_.begin();
  BlobHandle blob = open(BlobMode::write);
  std::vector<std::byte> buffer(4, std::byte{7});
  EXPECT_THAT([&] { blob.read(7, buffer); },
              throws_error(ErrorKind::invalid_argument,
                           "4 bytes from offset 7 on are out of bounds: the blob has 10 bytes"));
  EXPECT_THAT([&] { blob.read(SIZE_MAX, buffer); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_THAT([&] { blob.write(7, buffer); }, throws_error(ErrorKind::invalid_argument));
  EXPECT_EQ(buffer, Blob(4, std::byte{7}));
  blob.read(10, std::span(buffer).first(0));
  EXPECT_EQ(read_all(blob), "0123456789");
}

TEST_F(BlobHandleTest, AHandleForReadingDoesNotWrite) {
  BlobHandle blob = open();
  EXPECT_THAT([&] { blob.write(0, bytes("x")); },
              throws_error(ErrorKind::read_only, "open it with BlobMode::write"));
  EXPECT_EQ(read_all(blob), "0123456789");
}

TEST_F(BlobHandleTest, AHandleEndsWhenItsRowIsChanged) {
  for (const char* change : {"UPDATE cover SET shelf = 'b' WHERE id = 1", "DELETE FROM cover"}) {
    const BlobHandle blob = open();
    db_.execute(change);
    try {
      static_cast<void>(read_all(blob));
      FAIL() << change;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::misuse);
      EXPECT_EQ(error.extended_code(), 4);
      EXPECT_THAT(error.message(), ::testing::HasSubstr("its row was changed"));
    }
    EXPECT_THAT([&] { return blob.size(); }, throws_error(ErrorKind::misuse, "open it again"));
  }
}

TEST_F(BlobHandleTest, AHandleEndsWithItsTransaction) {
  for (const bool commits : {true, false}) {
    Transaction transaction = db_.begin();
    BlobHandle blob = open(BlobMode::write);
    blob.write(0, bytes("x"));
    commits ? transaction.commit() : transaction.rollback();
    EXPECT_THAT([&] { blob.write(0, bytes("y")); },
                throws_error(ErrorKind::misuse, "has ended with the transaction"));
  }
  EXPECT_EQ(image(), "'x123456789'");
}

TEST_F(BlobHandleTest, AHandleOfBeforeTheTransactionGoesOn) {
  const BlobHandle blob = open();
  Transaction transaction = db_.begin();
  db_.execute("UPDATE cover SET shelf = 7 WHERE id = 3");
  transaction.commit();
  EXPECT_EQ(read_all(blob), "0123456789");
}

TEST_F(BlobHandleTest, AHandleThatIsUndoneByASavepointEnds) {
  Transaction transaction = db_.begin();
  db_.execute("UPDATE cover SET shelf = 8 WHERE id = 3");
  db_.savepoint("inner");
  BlobHandle blob = open(BlobMode::write);
  blob.write(0, bytes("lost"));
  EXPECT_THAT([&] { db_.savepoint("another"); }, throws_error(ErrorKind::busy));
  db_.rollback_to_savepoint("inner");
  EXPECT_THAT([&] { blob.write(0, bytes("x")); }, throws_error(ErrorKind::misuse));
  transaction.commit();
  EXPECT_EQ(image(), "'0123456789'");
  EXPECT_EQ(query("SELECT shelf FROM cover WHERE id = 3"), "8");
}

TEST_F(BlobHandleTest, ReopenGoesToAnotherRow) {
  BlobHandle blob = open();
  blob.reopen(2);
  EXPECT_EQ(read_all(blob), "a text");
  EXPECT_THAT([&] { blob.reopen(99); }, throws_error(ErrorKind::error, "no such rowid: 99"));
  EXPECT_THAT([&] { blob.reopen(1); }, throws_error(ErrorKind::misuse, "not found"));
}

TEST_F(BlobHandleTest, WhatCannotBeOpenedIsNamed) {
  const Transaction transaction = db_.begin();
  EXPECT_THAT([&] { return open(BlobMode::read, 9); },
              throws_error(ErrorKind::error, "no such rowid: 9"));
  EXPECT_THAT([&] { return open(BlobMode::read, 3); },
              throws_error(ErrorKind::error, "cannot open value of type null"));
  EXPECT_THAT([&] { return db_.open_blob("none", "image", 1); },
              throws_error(ErrorKind::error, "no such table: main.none"));
  EXPECT_THAT([&] { return db_.open_blob("cover", "none", 1); },
              throws_error(ErrorKind::error, "no such column: \"none\""));
  EXPECT_THAT([&] { return db_.open_blob("cover", "image", 1, BlobMode::read, "other"); },
              throws_error(ErrorKind::error, "no such table: other.cover"));
  EXPECT_THAT([&] { return db_.open_blob("cover", "shelf", 1, BlobMode::write); },
              throws_error(ErrorKind::error, "cannot open indexed column for writing"));
  EXPECT_THAT([&] { return db_.open_blob("sqlite_schema", "sql", 1, BlobMode::write); },
              throws_error(ErrorKind::error, "table sqlite_schema may not be modified"));
  EXPECT_THAT([&] { return db_.open_blob(std::string("cover\0x", 7), "image", 1); },
              throws_error(ErrorKind::invalid_argument, "NUL"));
}

TEST_F(BlobHandleTest, AClosedOrMovedHandleIsAnError) {
  BlobHandle blob = open();
  BlobHandle moved = std::move(blob);
  // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move): that is the test
  EXPECT_THAT([&] { return blob.size(); }, throws_error(ErrorKind::closed, "moved away"));
  moved.close();
  moved.close();
  EXPECT_THAT([&] { return moved.size(); }, throws_error(ErrorKind::closed, "handle is closed"));
  moved = open();
  EXPECT_EQ(read_all(moved), "0123456789");
}

TEST_F(BlobHandleTest, AHandleEndsWithItsConnection) {
  const BlobHandle blob = open();
  db_.close();
  EXPECT_THAT([&] { return blob.size(); },
              throws_error(ErrorKind::closed, "the connection is closed"));
  EXPECT_THAT([&] { return open(); }, throws_error(ErrorKind::closed));
}

TEST_F(BlobHandleTest, AHandleMayOutliveItsConnectionObject) {
  std::optional<Connection> db(Database(":memory:").connect());
  make_covers(*db);
  const BlobHandle blob = db->open_blob("cover", "image", 1);
  db.reset();
  EXPECT_EQ(read_all(blob), "0123456789");
}

TEST_F(BlobHandleTest, AnOpenHandleLeavesTheConnectionUsable) {
  const BlobHandle blob = open();
  db_.interrupt();
  EXPECT_EQ(read_all(blob), "0123456789");
  db_.reset();
  EXPECT_THAT([&] { return blob.size(); }, throws_error(ErrorKind::closed));
  EXPECT_EQ(image(), "'0123456789'");
}

TEST_F(BlobHandleTest, TheAccessPolicyIsAsked) {
  const Transaction transaction = db_.begin();
  db_.set_access_policy({{{Action::update, "cover"}}});
  EXPECT_EQ(open().size(), 10U);
  EXPECT_THAT([&] { return open(BlobMode::write); },
              throws_error(ErrorKind::denied, "access to cover is prohibited"));
  db_.set_access_policy({{{Action::read, "COVER"}}});
  EXPECT_THAT([&] { return open(); }, throws_error(ErrorKind::denied));
}

TEST_F(BlobHandleTest, AnObserverSeesAChangedRow) {
  std::vector<RowChange> changes;
  db_.observe([&](const Event& event) {
    if (const auto* change = std::get_if<RowChange>(&event)) changes.push_back(*change);
  });
  Transaction transaction = db_.begin();
  open(BlobMode::write).write(0, bytes("x"));
  transaction.commit();
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].kind, RowChange::Kind::update);
  EXPECT_EQ(changes[0].rowid, 1);
}

TEST_F(BlobHandleTest, ACallbackMayNotUseAHandleButMayDropIt) {
  std::optional<BlobHandle> blob(open());
  db_.create_function(scalar("drop_blob", [&] {
    EXPECT_THAT([&] { return blob->size(); }, throws_error(ErrorKind::misuse, "callback"));
    EXPECT_THAT([&] { blob->close(); }, throws_error(ErrorKind::misuse, "callback"));
    blob.reset();
    return 1;
  }));
  EXPECT_EQ(query("SELECT drop_blob()"), "1");
}

class BlobFileTest : public testing::FileTest {};

TEST_F(BlobFileTest, ADatabaseThatIsOpenedReadOnlyIsNotWritten) {
  Connection writer = connect();
  make_covers(writer);
  Options options;
  options.mode = OpenMode::read_only;
  Connection db = connect(options);
  const Transaction transaction = db.begin();
  EXPECT_THAT([&] { return db.open_blob("cover", "image", 1, BlobMode::write); },
              throws_error(ErrorKind::read_only));
  EXPECT_EQ(read_all(db.open_blob("cover", "image", 1)), "0123456789");
}

TEST_F(BlobFileTest, AHandleForWritingTakesTheTurnAndGivesItBack) {
  Connection db = connect();
  make_covers(db);
  Options options;
  options.busy_timeout = std::chrono::milliseconds(0);
  Connection other = connect(options);
  Transaction transaction = db.begin(TransactionMode::deferred);
  EXPECT_THAT([&] { return db.open_blob("cover", "image", 9, BlobMode::write); },
              throws_error(ErrorKind::error));
  BlobHandle blob = db.open_blob("cover", "image", 1, BlobMode::write);
  EXPECT_THAT([&] { other.execute("DELETE FROM cover"); }, throws_error(ErrorKind::busy));
  EXPECT_THAT(
      [&] {
        const Transaction second = other.begin();
        return other.open_blob("cover", "image", 1, BlobMode::write);
      },
      throws_error(ErrorKind::busy));
  blob.write(0, bytes("x"));
  transaction.commit();
  EXPECT_EQ(other.execute("DELETE FROM cover"), 3);
}

TEST_F(BlobFileTest, AnEncryptedFileIsStreamedToo) {
  constexpr std::size_t kSize = std::size_t{1} << 20;
  constexpr std::size_t kPart = 10'000;
  for (const Cipher cipher : {Cipher::aes256cbc, Cipher::aes256gcm}) {
    const std::string file = path(cipher == Cipher::aes256cbc ? "cbc.db" : "gcm.db");
    {
      Connection db = Database(file, testing::with_key(cipher)).connect();
      db.execute("CREATE TABLE film(reel BLOB)");
      db.execute("INSERT INTO film VALUES (zeroblob(?))", static_cast<std::int64_t>(kSize));
      Transaction transaction = db.begin(TransactionMode::immediate);
      BlobHandle blob = db.open_blob("film", "reel", 1, BlobMode::write);
      for (std::size_t at = 0; at < kSize; at += kPart) {
        blob.write(at, Blob(std::min(kPart, kSize - at), std::byte(at / kPart)));
      }
      transaction.commit();
    }
    Connection db = Database(file, testing::with_key(cipher)).connect();
    const BlobHandle blob = db.open_blob("film", "reel", 1);
    EXPECT_EQ(blob.size(), kSize);
    for (std::size_t at = 0; at < kSize; at += kPart) {
      Blob part(std::min(kPart, kSize - at));
      blob.read(at, part);
      EXPECT_EQ(part, Blob(part.size(), std::byte(at / kPart))) << at;
    }
  }
}

}  // namespace
}  // namespace libsql
