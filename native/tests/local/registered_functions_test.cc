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

}  // namespace
}  // namespace libsql
