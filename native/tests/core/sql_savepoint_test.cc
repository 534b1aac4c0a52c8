// Savepoint statements in SQL text.
#include "core/sql_savepoint.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "libsql/sql.h"

namespace libsql::core {
namespace {

using Op = SavepointText::Op;

void expect(std::string_view sql, Op op, std::string_view name) {
  const std::optional<SavepointText> text = savepoint_text(sql);
  ASSERT_TRUE(text.has_value()) << sql;
  EXPECT_EQ(text->op, op) << sql;
  EXPECT_EQ(text->name, name) << sql;
}

TEST(SavepointTextTest, ReadsTheThreeStatements) {
  expect("SAVEPOINT a", Op::open, "a");
  expect("savepoint A;", Op::open, "A");
  expect("RELEASE a", Op::release, "a");
  expect("RELEASE SAVEPOINT a ; -- done", Op::release, "a");
  expect("ROLLBACK TO a", Op::rollback_to, "a");
  expect("ROLLBACK TO SAVEPOINT a", Op::rollback_to, "a");
  expect("/* x */ ROLLBACK TRANSACTION TO SAVEPOINT a", Op::rollback_to, "a");
  expect("ROLLBACK TRANSACTION named TO a", Op::rollback_to, "a");
}

TEST(SavepointTextTest, RemovesQuotesFromNames) {
  expect("SAVEPOINT \"a \"\"b\"\"\"", Op::open, "a \"b\"");
  expect("SAVEPOINT 'it''s'", Op::open, "it's");
  expect("RELEASE [a b]", Op::release, "a b");
  expect("ROLLBACK TO `a``b`", Op::rollback_to, "a`b");
  expect("SAVEPOINT \"\"", Op::open, "");
}

TEST(SavepointTextTest, AcceptsItsOwnWordsAsNames) {
  expect("SAVEPOINT savepoint", Op::open, "savepoint");
  expect("RELEASE SAVEPOINT savepoint", Op::release, "savepoint");
  expect("ROLLBACK TO \"to\"", Op::rollback_to, "to");
}

TEST(SavepointTextTest, IsEmptyForOtherStatements) {
  for (const std::string_view sql :
       {"", "ROLLBACK", "ROLLBACK TRANSACTION", "ROLLBACK TRANSACTION named", "SAVEPOINT",
        "SAVEPOINT a b", "RELEASE", "SELECT 1", "EXPLAIN SAVEPOINT a", "SAVEPOINT 'open",
        "ROLLBACK TO", "SAVEPOINT (a)"}) {
    EXPECT_FALSE(savepoint_text(sql).has_value()) << sql;
  }
}

RC_GTEST_PROP(SavepointTextTest, UndoesQuoteIdentifier, (const std::string& name)) {
  const auto text = savepoint_text("SAVEPOINT " + quote_identifier(name));
  RC_ASSERT(text.has_value());
  RC_ASSERT(text->name == name);
}

}  // namespace
}  // namespace libsql::core
