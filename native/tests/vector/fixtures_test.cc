// Replays what libSQL's released build answered (fixtures/functions.json; its header explains the
// form).
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "testing/query.h"

namespace libsql {
namespace {

namespace dom = simdjson::dom;

double real_of(dom::element number) {
  if (!number.is_string()) return number.get_double();
  return number.get_string().value() == "inf" ? std::numeric_limits<double>::infinity()
                                              : -std::numeric_limits<double>::infinity();
}

// Whether `got` is what the case expects. No recorded case returns a blob.
bool matches(const ValueView& got, dom::element want, double tolerance) {
  if (want.is_null()) return got.is_null();
  if (want.is_string()) return quote_value(got) == quote_text(want.get_string().value());
  if (want.is_int64()) return quote_value(got) == std::to_string(want.get_int64().value());
  const double expected = real_of(want["real"]);
  if (got.type() != ValueType::real) return false;
  if (std::isinf(expected)) return got.real() == expected;
  return std::abs(got.real() - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

class VectorFixturesTest : public ::testing::Test {
 protected:
  static void expect_rows(const dom::object& test, std::string_view sql) {
    double tolerance = 1e-6;
    dom::element given;
    if (test["tol"].get(given) == simdjson::SUCCESS) tolerance = given.get_double();
    Connection db = Database(":memory:").connect();
    set_up(db, test);
    dom::element exec;
    if (test["exec"].get(exec) == simdjson::SUCCESS) db.execute(std::string_view(exec));
    Statement statement = db.prepare(sql);
    for (const dom::element row : test["rows"].get_array()) {
      ASSERT_EQ(statement.step(), Step::row);
      int column = 0;
      for (const dom::element value : row.get_array()) {
        const ValueView got = statement.row()[static_cast<std::size_t>(column)];
        EXPECT_TRUE(matches(got, value, tolerance))
            << "column " << column << ": got " << quote_value(got) << ", expected "
            << simdjson::minify(value);
        ++column;
      }
    }
    EXPECT_EQ(statement.step(), Step::done);
  }
  static void expect_error(const dom::object& test, std::string_view sql) {
    Connection db = Database(":memory:").connect();
    set_up(db, test);
    try {
      static_cast<void>(testing::query(db, sql));
      ADD_FAILURE() << "no error";
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), std::string_view(test["error"].get_string().value()));
      EXPECT_EQ(error.extended_code(), test["code"].get_int64().value());
    }
  }

 private:
  static void set_up(Connection& db, const dom::object& test) {
    dom::array statements;
    if (test["setup"].get(statements) != simdjson::SUCCESS) return;
    for (const dom::element sql : statements) db.execute(std::string_view(sql));
  }
};

TEST_F(VectorFixturesTest, FunctionsAndSearchesAnswerAsRecorded) {
  dom::parser parser;
  dom::element file;
  ASSERT_EQ(parser.load(LIBSQL_VECTOR_FIXTURES "/functions.json").get(file), simdjson::SUCCESS);
  int replayed = 0;
  for (const dom::element each : file["cases"].get_array()) {
    const dom::object test = each;
    const std::string_view id = test["id"];
    SCOPED_TRACE(std::string(id));
    std::string_view sql;
    for (const char* key : {"then", "sql", "exec"}) {
      if (test[key].get(sql) == simdjson::SUCCESS) break;
    }
    dom::element error;
    test["error"].get(error) == simdjson::SUCCESS ? expect_error(test, sql)
                                                  : expect_rows(test, sql);
    ++replayed;
  }
  EXPECT_GE(replayed, 108);
}

}  // namespace
}  // namespace libsql
