// What Tab offers for the text before the cursor.
#include "shell/completion.h"

#include <gtest/gtest.h>

#include "libsql/database.h"

namespace libsql::shell {
namespace {

using Names = std::vector<std::string>;

class CompletionTest : public testing::Test {
 protected:
  CompletionTest() {
    connection_.execute_script(
        "CREATE TABLE customers(id INTEGER PRIMARY KEY, city TEXT, \"created at\" TEXT);"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT, größe REAL);"
        "CREATE TABLE gone(a); CREATE VIEW broken AS SELECT a AS lost FROM gone; DROP TABLE gone;"
        "ATTACH ':memory:' AS archive; CREATE TABLE archive.orders_2020(old_city TEXT)");
  }
  Names offered(std::string_view before, bool continues = false) {
    return complete(connection_, before, continues).candidates;
  }

  Connection connection_ = Database(":memory:").connect();
};

TEST_F(CompletionTest, CompletesKeywordsInTheCaseThatIsTyped) {
  EXPECT_EQ(offered("sele"), Names{"select"});
  EXPECT_EQ(offered("SELE"), Names{"SELECT"});
  EXPECT_EQ(complete(connection_, "sele", false).typed, 4U);
}

TEST_F(CompletionTest, CompletesTablesAfterFrom) {
  EXPECT_EQ(offered("SELECT * FROM cu"), Names{"customers"});
  EXPECT_EQ(offered("SELECT * FROM "), (Names{"broken", "customers", "orders", "orders_2020"}));
  EXPECT_EQ(offered("insert into ord"), (Names{"orders", "orders_2020"}));
}

TEST_F(CompletionTest, CompletesColumnsTablesAndKeywordsElsewhere) {
  EXPECT_EQ(offered("SELECT cust"), (Names{"customer", "customers"}));
  EXPECT_EQ(offered("SELECT ci"), Names{"city"});
  EXPECT_EQ(offered("SELECT old"), Names{"old_city"});
}

TEST_F(CompletionTest, CompletesTheColumnsOfAQualifyingTable) {
  EXPECT_EQ(offered("SELECT customers.ci"), Names{"city"});
  EXPECT_EQ(offered("SELECT orders."), (Names{"customer", "größe", "id"}));
  EXPECT_EQ(offered("SELECT * FROM archive."), Names{"orders_2020"});
}

TEST_F(CompletionTest, QuotesNamesThatAreNoPlainIdentifiers) {
  EXPECT_EQ(offered("SELECT created"), Names{"\"created at\""});
  EXPECT_EQ(offered("SELECT \"created a"), Names{"\"created at\""});
  EXPECT_EQ(complete(connection_, "SELECT \"created a", false).typed, 10U);
  EXPECT_EQ(offered("SELECT * FROM \"customers\" WHERE ci"), Names{"city"});
}

TEST_F(CompletionTest, OffersNothingWithoutAWord) {
  EXPECT_TRUE(offered("").empty());
  EXPECT_TRUE(offered("SELECT ").empty());
  EXPECT_TRUE(offered("SELECT 'sele").empty());
  EXPECT_EQ(offered("SELECT 'x' fro"), Names{"from"});
}

TEST_F(CompletionTest, CompletesDotCommandsAndTheirArguments) {
  EXPECT_EQ(offered(".sch"), Names{".schema"});
  EXPECT_EQ(offered(".o"), (Names{".once", ".open", ".output"}));
  EXPECT_EQ(offered(".schema cu"), Names{"customers"});
  EXPECT_EQ(offered(".mode b"), Names{"box"});
  EXPECT_EQ(offered(".help .ba"), (Names{".backup", ".bail"}));
  EXPECT_EQ(offered(".timer o"), (Names{"off", "on"}));
  EXPECT_TRUE(offered(".nonsense o").empty());
}

TEST_F(CompletionTest, OffersNoCommandsInAContinuedStatement) {
  EXPECT_TRUE(offered(".sch", true).empty());
}

TEST_F(CompletionTest, OffersKeywordsWhenTheSchemaCannotBeRead) {
  connection_.close();
  EXPECT_EQ(offered("sele"), Names{"select"});
  EXPECT_TRUE(offered(".schema cu").empty());
}

TEST(CompletionPrefixTest, EndsBetweenCharacters) {
  EXPECT_EQ((Completion{0, {"orders", "orders_2020"}}.common_prefix()), "orders");
  EXPECT_EQ((Completion{0, {"gr\xC3\xB6", "gr\xC3\xBC"}}.common_prefix()), "gr");
  EXPECT_EQ((Completion{}.common_prefix()), "");
}

}  // namespace
}  // namespace libsql::shell
