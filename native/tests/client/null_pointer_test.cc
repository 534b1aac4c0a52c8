// Null pointers to text, as std::getenv() gives them: NULL where a value is meant, an error
// wherever a text is.
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "libsql/database.h"
#include "libsql/sql.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

const char* const kNothing = nullptr;

class NullPointerTest : public testing::MemoryTest {
 protected:
  NullPointerTest() { db_.execute("CREATE TABLE t(a)"); }
};

TEST_F(NullPointerTest, AsAValueItIsNull) {
  db_.execute("INSERT INTO t VALUES (?)", kNothing);
  Statement insert = db_.prepare("INSERT INTO t VALUES (:a)");
  insert.bind(1, kNothing);
  insert.execute();
  insert.bind("a", kNothing);
  insert.execute();
  static_cast<void>(db_.run(Batch().add("INSERT INTO t VALUES (?)", {kNothing})));
  Cursor cursor = db_.open_cursor("SELECT ? IS NULL", {kNothing});
  EXPECT_EQ((*cursor.next())[0].integer(), 1);
  EXPECT_EQ(query("SELECT count(*), count(a) FROM t"), "4|0");
}

using Calls = std::vector<std::function<void()>>;

void expect_errors(const Calls& calls) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_THAT(calls[i], throws_error(ErrorKind::invalid_argument, "null pointer"))
        << "call " << i;
  }
}

TEST_F(NullPointerTest, AsATextOfAConnectionItIsAnError) {
  Statement statement = db_.prepare("SELECT :a");
  Transaction transaction = db_.begin();
  std::string_view tail;
  expect_errors({
      [&] { static_cast<void>(db_.prepare(kNothing)); },
      [&] { static_cast<void>(db_.cached(kNothing)); },
      [&] { static_cast<void>(db_.first(kNothing, tail)); },
      [&] { db_.uncache(kNothing); },
      [&] { db_.execute(kNothing); },
      [&] { db_.execute(kNothing, 1); },
      [&] { db_.execute_script(kNothing); },
      [&] { static_cast<void>(db_.query_one(kNothing)); },
      [&] { static_cast<void>(db_.open_cursor(kNothing)); },
      [&] { static_cast<void>(Batch().add(kNothing)); },
      [&] { db_.savepoint(kNothing); },
      [&] { db_.release_savepoint(kNothing); },
      [&] { db_.rollback_to_savepoint(kNothing); },
      [&] { static_cast<void>(transaction.savepoint(kNothing)); },
      [&] { db_.pragma(kNothing); },
      [&] { db_.pragma("cache_size", kNothing); },
      [&] { db_.checkpoint(CheckpointMode::passive, kNothing); },
      [&] { db_.backup_to(kNothing); },
      [&] { db_.restore_from(kNothing); },
      [&] { static_cast<void>(db_.serialise(kNothing)); },
      [&] { db_.deserialise(kNothing); },
      [&] { db_.deserialise("", kNothing); },
      [&] { db_.vacuum_into(kNothing); },
      [&] {
        db_.load_extension({kNothing, ""});
      },
      [&] {
        db_.set_access_policy({{{Action::read, kNothing}}});
      },
      [&] { static_cast<void>(statement.parameter_index(kNothing)); },
      [&] { statement.bind(kNothing, 1); },
  });
  EXPECT_EQ(query("SELECT 1"), "1");
}

TEST_F(NullPointerTest, AsALocationOrAnOptionItIsAnError) {
  Options options;
  expect_errors({
      [&] { static_cast<void>(Database(kNothing)); },
      [&] { static_cast<void>(Database::shared_memory(kNothing)); },
      [&] { options.synchronous = kNothing; },
      [&] { options.journal_mode = kNothing; },
      [&] {
        options.pragmas = {{"cache_size", kNothing}};
      },
      [&] {
        options.attach.push_back({"other", kNothing});
      },
      [&] {
        options.extensions.push_back({kNothing, ""});
      },
      [&] { options.image = kNothing; },
  });
}

TEST_F(NullPointerTest, AsAnArgumentOfAFunctionItIsAnError) {
  expect_errors({
      [&] { static_cast<void>(statement_kind(kNothing)); },
      [&] { static_cast<void>(is_identifier(kNothing)); },
      [&] { static_cast<void>(quote_identifier(kNothing)); },
      [&] { static_cast<void>(quote_text(kNothing)); },
      [&] { static_cast<void>(is_complete(kNothing)); },
      [&] { static_cast<void>(first_statement(kNothing)); },
      [&] { static_cast<void>(is_utf8(kNothing)); },
      [&] { static_cast<void>(error_kind(kNothing)); },
      [&] { static_cast<void>(sqlite_code(kNothing)); },
      [&] { static_cast<void>(Error(ErrorKind::error, kNothing)); },
  });
}

}  // namespace
}  // namespace libsql
