// SQL functions that connections have in addition to SQLite's.
#include "local/registered_functions.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/database_test.h"

namespace libsql {
namespace {

class RegisteredFunctionsTest : public testing::FileTest {
 protected:
  Value quoted(const std::string& expression) {
    return db_.query_one("SELECT quote(" + expression + ")");
  }
  Connection db_ = connect();
};

TEST_F(RegisteredFunctionsTest, ConcatJoinsAnythingAndSkipsNull) {
  EXPECT_EQ(quoted("concat('a', 1, NULL, 2.5, x'62')"), Value(std::string("'a12.5b'")));
  EXPECT_EQ(quoted("concat(NULL)"), Value(std::string("''")));
}

TEST_F(RegisteredFunctionsTest, ConcatWsSeparatesWhatIsNotNull) {
  EXPECT_EQ(quoted("concat_ws('-', 'a', NULL, 'b')"), Value(std::string("'a-b'")));
  EXPECT_EQ(quoted("concat_ws(NULL, 'a', 'b')"), Value(std::string("NULL")));
}

TEST_F(RegisteredFunctionsTest, FoldsAllAlphabets) {
  EXPECT_EQ(db_.query_one("SELECT libsql_fold('ÉMILE ΣΟΦΙΑ ЖУК ß')"),
            Value(std::string("émile σοφια жук ß")));
  EXPECT_EQ(db_.query_one("SELECT hex(libsql_fold(CAST(x'41FFC3' AS TEXT)))"),
            Value(std::string("61FFC3")));
}

}  // namespace
}  // namespace libsql
