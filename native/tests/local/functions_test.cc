// SQL functions of newer engines, on any engine.
#include "local/functions.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/database_test.h"

namespace libsql {
namespace {

class FunctionsTest : public testing::FileTest {
 protected:
  Value quoted(const std::string& expression) {
    return db_.query_one("SELECT quote(" + expression + ")");
  }
  Connection db_ = connect();
};

TEST_F(FunctionsTest, ConcatJoinsAnythingAndSkipsNull) {
  EXPECT_EQ(quoted("concat('a', 1, NULL, 2.5, x'62')"), Value(std::string("'a12.5b'")));
  EXPECT_EQ(quoted("concat(NULL)"), Value(std::string("''")));
}

TEST_F(FunctionsTest, ConcatWsSeparatesWhatIsNotNull) {
  EXPECT_EQ(quoted("concat_ws('-', 'a', NULL, 'b')"), Value(std::string("'a-b'")));
  EXPECT_EQ(quoted("concat_ws(NULL, 'a', 'b')"), Value(std::string("NULL")));
}

}  // namespace
}  // namespace libsql
