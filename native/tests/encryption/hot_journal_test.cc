// A key change that another program has not finished: the file is a mixture, the journal has the
// old pages. With the old key the journal is played back; the new key must not destroy anything.
#include "encryption/hot_journal.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "encryption/aes256cbc.h"
#include "libsql/database.h"
#include "testing/encryption.h"
#include "testing/hex.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql::encryption {
namespace {

using testing::files_of;
using testing::query;
using testing::throws_error;

constexpr std::size_t kPageSize = 1024;
constexpr const char* kOldKey = "0123456789abcdefghijklmnopqrstuv";
constexpr const char* kNewKey = "the key after a change, 32 bytes";

class InterruptedKeyChangeTest : public ::testing::Test {
 protected:
  // A hot journal of libSQL's whose first pages the change has come to.
  void SetUp() override {
    for (const std::string suffix : {"", "-journal"}) {
      testing::write_file(
          path() + suffix,
          testing::read_file(std::string(LIBSQL_FIXTURES "/hotjournal-1024.db") + suffix));
    }
    std::string file = testing::read_file(path());
    Aes256Cbc old_key((EncryptionKey(kOldKey)));
    Aes256Cbc new_key((EncryptionKey(kNewKey)));
    for (std::uint32_t number = 1; number <= 3; ++number) {
      auto* const at = reinterpret_cast<unsigned char*>(file.data()) + (number - 1) * kPageSize;
      const Bytes page(at, kPageSize);
      ASSERT_TRUE(old_key.decrypt(number, page));
      const std::vector<unsigned char> plain(page.begin(), page.end());
      new_key.encrypt(number, plain, page);
    }
    testing::write_file(path(), file);
  }

  [[nodiscard]] std::string path() const { return directory_.path("change.db"); }
  [[nodiscard]] Connection connect(const char* key) const {
    Options options;
    options.encryption = testing::encryption(Cipher::aes256cbc, key);
    return Database(path(), options).connect();
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(InterruptedKeyChangeTest, TheNewKeyIsRefusedAndChangesNothing) {
  const auto before = files_of(directory_.path(""));
  EXPECT_THAT([&] { return connect(kNewKey); },
              throws_error(ErrorKind::not_a_database, "the key that it had before"));
  EXPECT_EQ(files_of(directory_.path("")), before);
}

TEST_F(InterruptedKeyChangeTest, TheOldKeyPlaysTheJournalBack) {
  Connection db = connect(kOldKey);
  EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
  EXPECT_EQ(query(db, "SELECT count(*) FROM acct"), "40");
  EXPECT_EQ(query(db, "SELECT count(*) FROM hist"), "250");
  db.execute("INSERT INTO acct(owner, balance) VALUES ('new', 1)");
  EXPECT_EQ(query(db, "SELECT count(*) FROM acct"), "41");
}

TEST_F(InterruptedKeyChangeTest, AThirdKeyIsRefusedAndChangesNothing) {
  const auto before = files_of(directory_.path(""));
  EXPECT_THAT([&] { return connect("a key that it never had, 32 byte"); },
              throws_error(ErrorKind::not_a_database, "the encryption key is not the file's"));
  EXPECT_EQ(files_of(directory_.path("")), before);
}

// libSQL encrypts the header of a later segment like a page when pages have 512 bytes; at the sync
// it writes the first 12 bytes of it again, the magic number and the count.
class UnreadableSegmentTest : public ::testing::TestWithParam<std::size_t> {
 protected:
  void SetUp() override {
    for (const std::string suffix : {"", "-journal"}) {
      std::string bytes =
          testing::read_file(std::string(LIBSQL_FIXTURES "/hotjournal-1024.db") + suffix);
      constexpr std::size_t kNonceAt = 12;
      if (suffix == "-journal") bytes[GetParam() + kNonceAt] ^= 1;
      testing::write_file(directory_.path("change.db") + suffix, bytes);
    }
  }
  testing::TemporaryDirectory directory_;
};

TEST_P(UnreadableSegmentTest, AJournalThatCanBePlayedBackOnlyInPartIsRefusedAndNothingChanges) {
  const auto before = files_of(directory_.path(""));
  Options options;
  options.encryption = testing::encryption(Cipher::aes256cbc, kOldKey);
  EXPECT_THAT([&] { return Database(directory_.path("change.db"), options).connect(); },
              throws_error(ErrorKind::not_a_database, "only in part"));
  EXPECT_EQ(files_of(directory_.path("")), before);
}

// Where the second segment of the fixture begins, one in the middle, and the last one.
INSTANTIATE_TEST_SUITE_P(Segments, UnreadableSegmentTest, ::testing::Values(7168, 13312, 20480));

}  // namespace
}  // namespace libsql::encryption
