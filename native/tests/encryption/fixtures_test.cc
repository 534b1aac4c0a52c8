// Databases that libSQL itself has written: their rows, and that a wrong key does not touch them.
#include <filesystem>
#include <ostream>

#include <gmock/gmock.h>

#include "encryption/openssl.h"
#include "libsql/database.h"
#include "testing/encryption.h"
#include "testing/hex.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql::encryption {
namespace {

using testing::files_of;
using testing::throws_error;

struct Fixture {
  const char* file;
  const char* key_hex;  // of 32 bytes: what libSQL makes of the key that the file was written with
  std::vector<const char*> tables;  // and what they are ordered by

  friend std::ostream& operator<<(std::ostream& out, const Fixture& shown) {
    return out << shown.file;
  }
};

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, 32> out{};
  const ConstBytes data(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  digest(make_digest_context().get(), algorithms().sha256, data, out);
  return testing::to_hex(out);
}

std::string bytes_text(char kind, std::string_view bytes) {
  constexpr std::size_t kLong = 100;
  std::string text(1, kind);
  if (bytes.size() > kLong) {
    return text + ":" + std::to_string(bytes.size()) + ":" + sha256(bytes);
  }
  const ConstBytes data(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return text + ":" + (kind == 'b' ? testing::to_hex(data) : std::string(bytes));
}

// As the files of expectations have it.
std::string cell(const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) return "null";
  if (const auto* number = std::get_if<std::int64_t>(&value)) return "i:" + std::to_string(*number);
  if (const auto* real = std::get_if<double>(&value)) {
    std::array<char, 40> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "r:%.17g", *real));
    return text.data();
  }
  if (const auto* text = std::get_if<std::string>(&value)) return bytes_text('t', *text);
  const auto& blob = std::get<Blob>(value);
  return bytes_text('b', {reinterpret_cast<const char*>(blob.data()), blob.size()});
}

std::string content(Connection& db, const Fixture& fixture) {
  const auto fact = [&db](const char* name) {
    const Value value = *db.pragma(name);
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::to_string(std::get<std::int64_t>(value));
  };
  std::string text = "integrity_check " + fact("integrity_check") + ", page_size " +
                     fact("page_size") + ", page_count " + fact("page_count") + ", user_version " +
                     fact("user_version") + "\n";
  const auto add_rows = [&](const std::string& sql, bool encoded) {
    Statement rows = db.prepare(sql);
    while (rows.step() == Step::row) {
      std::string line = encoded ? "" : "schema";
      bool first = true;
      for (const ValueView& view : rows.row()) {
        const Value value = view.to_value();
        line += first ? (encoded ? "" : " ") : "|";
        line += encoded ? cell(value) : std::get<std::string>(value);
        first = false;
      }
      text += line + "\n";
    }
  };
  add_rows("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name", false);
  for (const std::string table : fixture.tables) {
    const std::size_t space = table.find(' ');
    text += "table " + table + "\n";
    add_rows("SELECT * FROM " + table.substr(0, space) + " ORDER BY " + table.substr(space + 1),
             true);
  }
  return text;
}

class FixturesTest : public ::testing::TestWithParam<Fixture> {
 protected:
  void SetUp() override {
    for (const std::string suffix : {"", "-wal", "-journal"}) {
      const std::string from = std::string(LIBSQL_FIXTURES "/") + GetParam().file + suffix;
      if (!std::filesystem::exists(from)) continue;
      std::filesystem::copy_file(from, path() + suffix);
      std::filesystem::permissions(path() + suffix, std::filesystem::perms::owner_all);
    }
  }

  [[nodiscard]] std::string path() const { return directory_.path(GetParam().file); }
  [[nodiscard]] std::string folder() const { return directory_.path(""); }
  [[nodiscard]] static std::string key() {
    const std::vector<unsigned char> bytes = testing::from_hex(GetParam().key_hex);
    return {bytes.begin(), bytes.end()};
  }
  [[nodiscard]] Connection connect(const std::string& with, Options options = {}) const {
    options.encryption = testing::encryption(Cipher::aes256cbc, with);
    return Database(path(), options).connect();
  }
  [[nodiscard]] static std::string expected() {
    return testing::read_file(std::string(LIBSQL_FIXTURES "/") + GetParam().file + ".expected.txt");
  }

 private:
  testing::TemporaryDirectory directory_;
};

TEST_P(FixturesTest, HasTheRowsThatLibSqlReads) {
  Options as_it_is;
  as_it_is.journal_mode = "";
  Connection db = connect(key(), as_it_is);
  EXPECT_EQ(content(db, GetParam()), expected());
}

TEST_P(FixturesTest, KeepsItsRowsInTheOtherJournalModeAndAfterAVacuum) {
  for (const char* mode : {"wal", "delete"}) {
    Options options;
    options.journal_mode = mode;
    Connection db = connect(key(), options);
    db.execute("CREATE TABLE ours(a)");
    db.execute("VACUUM");
    db.execute("DROP TABLE ours");
    const std::string rows = content(db, GetParam());
    // The facts of the first line may change with the file.
    EXPECT_EQ(rows.substr(rows.find('\n')), expected().substr(expected().find('\n')));
  }
}

TEST_P(FixturesTest, AWrongKeyChangesNothing) {
  const auto before = files_of(folder());
  const std::string wrong = key().substr(0, 31) + "!";
  EXPECT_THAT([&] { return connect(wrong); },
              throws_error(ErrorKind::not_a_database,
                           "file is not a database: the encryption key is not the file's"));
  EXPECT_EQ(files_of(folder()), before);
}

TEST_P(FixturesTest, AnotherCipherChangesNothing) {
  const auto before = files_of(folder());
  Options options;
  options.encryption = testing::encryption(Cipher::aes256gcm, key());
  EXPECT_THAT([&] { return Database(path(), options).connect(); },
              throws_error(ErrorKind::not_a_database, "another cipher"));
  EXPECT_EQ(files_of(folder()), before);
}

TEST_P(FixturesTest, NoKeyChangesNothing) {
  const auto before = files_of(folder());
  EXPECT_THAT([&] { return Database(path()).connect(); },
              throws_error(ErrorKind::not_a_database, "encrypted or damaged"));
  Connection db = Database(":memory:").connect();
  EXPECT_THAT([&] { db.execute("ATTACH ? AS other", path()); },
              throws_error(ErrorKind::cannot_open, "encrypted or damaged"));
  EXPECT_EQ(files_of(folder()), before);
}

INSTANTIATE_TEST_SUITE_P(
    Files, FixturesTest,
    ::testing::Values(Fixture{"rollback-4096.db",
                              "73336352337428bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0c",
                              {"item id", "kv k"}},
                      Fixture{"hotwal-4096.db",
                              "70c3a47373776f726420776974682073706163657320e29c9328bf4e5e4e758a",
                              {"log id", "only_in_wal rowid"}},
                      Fixture{"hotjournal-1024.db",
                              "303132333435363738396162636465666768696a6b6c6d6e6f70717273747576",
                              {"acct id", "hist id"}}),
    [](const auto& parameter) {
      const std::string file = parameter.param.file;
      return file.starts_with("rollback") ? "Rollback"
             : file.starts_with("hotwal") ? "HotLog"
                                          : "HotJournal";
    });

}  // namespace
}  // namespace libsql::encryption
