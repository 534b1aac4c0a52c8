// SQL functions, aggregates and collations of the caller's, and what they may not do.
#include <array>
#include <optional>
#include <stdexcept>
#include <string>

#include <gmock/gmock.h>

#include "libsql/functions.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class UserFunctionsTest : public testing::MemoryTest {
 protected:
  UserFunctionsTest() {
    db_.execute_script("CREATE TABLE t(a); INSERT INTO t VALUES (1), (2), (3), (4)");
  }
};

int twice(int value) { return 2 * value; }

TEST_F(UserFunctionsTest, ArgumentsAndResultFollowTheSignature) {
  db_.create_function(scalar("twice", &twice));
  db_.create_function(scalar("initial", [](std::string_view text) { return text.substr(0, 1); }));
  db_.create_function(scalar("half", [](double value) { return value / 2; }));
  db_.create_function(
      scalar("or_zero", [](std::optional<int> value) { return value.value_or(0); }));
  db_.create_function(scalar("no_value", [] {}));
  db_.create_function(scalar(
      "bytes", [](std::span<const std::byte> blob) { return Blob(blob.rbegin(), blob.rend()); }));
  EXPECT_EQ(
      query(
          "SELECT twice(21), initial('Dune'), half(3), or_zero(NULL), no_value(), bytes(x'01ff')"),
      "42|'D'|1.5|0|NULL|X'ff01'");
}

TEST_F(UserFunctionsTest, AFunctionOfASpanTakesAnyArguments) {
  db_.create_function(scalar("count_args", [](std::span<const ValueView> values) {
    return static_cast<std::int64_t>(values.size());
  }));
  db_.create_function(
      scalar("last", [](std::span<const ValueView> values) { return values.back(); }));
  EXPECT_EQ(query("SELECT count_args(), count_args(1, 2, 3, 4, 5, 6), last(1, 'x')"), "0|6|'x'");
}

TEST_F(UserFunctionsTest, AWrongArgumentIsTheStatementsError) {
  db_.create_function(scalar("twice", &twice));
  EXPECT_THAT([&] { return query("SELECT twice('x')"); },
              throws_error(ErrorKind::error, "argument 1 holds a text, not an integer"));
  EXPECT_THAT([&] { return query("SELECT twice(1, 2)"); },
              throws_error(ErrorKind::error, "wrong number of arguments"));
  EXPECT_EQ(query("SELECT twice(1)"), "2");
}

TEST_F(UserFunctionsTest, WhatAFunctionThrowsEndsTheStatement) {
  db_.create_function(scalar("fail", [](int value) {
    if (value == 3) throw std::runtime_error("three");
    if (value == 4) throw Error(ErrorKind::constraint, "four is refused");
    if (value == 5) throw 5;  // NOLINT(hicpp-exception-baseclass): as a user's may
    return value;
  }));
  EXPECT_THAT([&] { db_.execute("UPDATE t SET a = fail(a)"); },
              throws_error(ErrorKind::error, "the function fail has failed: three"));
  EXPECT_THAT([&] { return query("SELECT fail(4)"); },
              throws_error(ErrorKind::constraint, "four is refused"));
  EXPECT_THAT([&] { return query("SELECT fail(5)"); },
              throws_error(ErrorKind::error, "has failed"));
  EXPECT_EQ(query("SELECT sum(a) FROM t"), "10") << "nothing of the failed statement is kept";
  EXPECT_EQ(query("SELECT fail(1)"), "1");
}

// A sum, from which rows may leave.
struct Sum {
  std::int64_t total = 0;
  void step(std::int64_t value) {
    if (value == 13) throw std::runtime_error("unlucky");
    total += value;
  }
  void inverse(std::int64_t value) { total -= value; }
  [[nodiscard]] std::int64_t result() const { return total; }
};

struct Joined {
  std::string separator = ",";
  std::string text;
  void step(std::span<const ValueView> values) {
    for (const ValueView& value : values) {
      text += (text.empty() ? "" : separator) + std::to_string(value.integer());
    }
  }
  [[nodiscard]] std::string_view result() const { return text; }
};

TEST_F(UserFunctionsTest, AnAggregateHasAStateForEachGroup) {
  db_.create_function(aggregate<Joined>("joined", {}, Joined{"-", ""}));
  EXPECT_EQ(query("SELECT a % 2, joined(a) FROM t GROUP BY 1"), "0|'2-4'\n1|'1-3'");
  EXPECT_EQ(query("SELECT joined(a, a) FROM t WHERE a > 9"), "''");
}

TEST_F(UserFunctionsTest, AnAggregateWithAnInverseRunsOverWindows) {
  db_.create_function(aggregate<Sum>("sum_of"));
  EXPECT_EQ(
      query("SELECT sum_of(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t"),
      "1\n3\n5\n7");
  db_.create_function(aggregate<Joined>("joined"));
  EXPECT_THAT([&] { return query("SELECT joined(a) OVER (ORDER BY a) FROM t"); },
              throws_error(ErrorKind::error, "may not be used as a window function"));
}

TEST_F(UserFunctionsTest, AnAggregateThatThrowsEndsTheStatementAndFreesItsState) {
  db_.create_function(aggregate<Sum>("sum_of"));
  db_.execute("INSERT INTO t VALUES (13)");
  EXPECT_THAT([&] { return query("SELECT sum_of(a) FROM t GROUP BY a % 5"); },
              throws_error(ErrorKind::error, "unlucky"));
  EXPECT_EQ(query("SELECT sum_of(a) FROM t WHERE a < 13"), "10");
}

TEST_F(UserFunctionsTest, ACollationOrdersTexts) {
  db_.create_collation(collation("length", [](std::string_view a, std::string_view b) noexcept {
    return a.size() <=> b.size();
  }));
  EXPECT_EQ(
      query("SELECT column1 FROM (VALUES ('ccc'), ('a'), ('bb')) ORDER BY 1 COLLATE length DESC"),
      "'ccc'\n'bb'\n'a'");
  db_.remove_collation("length");
  EXPECT_THAT([&] { return query("SELECT 'a' = 'b' COLLATE length"); },
              throws_error(ErrorKind::error, "no such collation"));
}

TEST_F(UserFunctionsTest, OnlyDeterministicOnesAreIndexedAndOnlyWithPermissionInASchema) {
  db_.create_function(scalar("direct", &twice, {.deterministic = true}));
  EXPECT_THAT([&] { db_.execute("CREATE INDEX i ON t(direct(a))"); },
              throws_error(ErrorKind::error));
  db_.create_function(scalar("changing", &twice, {.in_schema = true}));
  EXPECT_THAT([&] { db_.execute("CREATE INDEX i ON t(changing(a))"); },
              throws_error(ErrorKind::error, "non-deterministic"));
  db_.create_function(scalar("pure", &twice, {.deterministic = true, .in_schema = true}));
  db_.execute("CREATE INDEX i ON t(pure(a))");
  EXPECT_EQ(query("SELECT a FROM t WHERE pure(a) = 6"), "3");
}

TEST_F(UserFunctionsTest, AFunctionIsReplacedAndRemoved) {
  db_.create_function(scalar("f", [](int value) { return value; }));
  EXPECT_EQ(query("SELECT f(1)"), "1");
  db_.create_function(scalar("f", [](int value) { return -value; }));
  EXPECT_EQ(query("SELECT f(1)"), "-1");
  db_.remove_function("f", 1);
  EXPECT_THAT([&] { return query("SELECT f(1)"); },
              throws_error(ErrorKind::error, "no such function: f"));
}

TEST_F(UserFunctionsTest, RefusesNamesAndFunctionsThatSqliteCannotCall) {
  for (const std::string& name : {std::string(), std::string(256, 'f'), std::string("f\0g", 3)}) {
    EXPECT_THAT([&] { db_.create_function(scalar(name, &twice)); },
                throws_error(ErrorKind::invalid_argument, "not a name"));
  }
  EXPECT_THAT(
      [&] {
        FunctionDefinition empty;
        empty.name = "empty";
        db_.create_function(empty);
      },
      throws_error(ErrorKind::invalid_argument, "nothing to call"));
}

TEST_F(UserFunctionsTest, WhatAFunctionOwnsIsReleasedOnClosing) {
  const auto owned = std::make_shared<int>(1);
  db_.create_function(scalar("f", [owned] { return *owned; }));
  EXPECT_EQ(owned.use_count(), 2);
  db_.close();
  EXPECT_EQ(owned.use_count(), 1);
}

}  // namespace
}  // namespace libsql
