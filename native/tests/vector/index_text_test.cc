#include "vector/index_text.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/matchers.h"
#include "vector/column_type.h"
#include "vector/failure.h"
#include "vector/index_options.h"

namespace libsql::vector {
namespace {

using ::testing::ElementsAre;

std::string refusal(const auto& call) {
  try {
    static_cast<void>(call());
  } catch (const Failure& failure) {
    return failure.what();
  }
  return "no failure";
}

TEST(VectorIndexText, FindsTheColumnTheSettingsAndTheCondition) {
  const auto index = parse_index_text(
      "CREATE INDEX \"my (idx)\" ON /* ( */ [a t](\"libsql_vector_idx\"(\"a \"\"v\"\"\", "
      "'metric=l2', 'type=disk''ann') DESC) WHERE c = ')' -- the end");
  ASSERT_TRUE(index.has_value());
  EXPECT_EQ(index->column, "a \"v\"");
  EXPECT_THAT(index->settings, ElementsAre("metric=l2", "type=disk'ann"));
  EXPECT_EQ(index->condition, " c = ')' -- the end");
}

TEST(VectorIndexText, IsNoVectorIndexUnlessTheMarkerIsTheWholeExpression) {
  for (const char* sql :
       {"CREATE INDEX i ON t(v)", "CREATE INDEX i ON t(abs(libsql_vector_idx(v)))",
        "CREATE INDEX i ON t(libsql_vector_idx(v)+1)",
        "CREATE INDEX i ON t(c, coalesce(libsql_vector_idx(v), c))",
        "CREATE INDEX i ON t(v COLLATE libsql_vector_idx)", ""}) {
    EXPECT_FALSE(parse_index_text(sql).has_value()) << sql;
  }
}

TEST(VectorIndexText, RefusesWhatLibSqlRefusesWithItsTexts) {
  const auto text = [](const std::string& columns) {
    return refusal([&] { return parse_index_text("CREATE INDEX i ON t(" + columns + ")"); });
  };
  const std::string alone =
      "vector index: must contain exactly one column wrapped into the libsql_vector_idx function";
  const std::string column =
      "vector index: libsql_vector_idx first argument must be a column token";
  const std::string strings = "vector index: all arguments after first must be strings";
  EXPECT_EQ(text("libsql_vector_idx(v), id"), alone);
  EXPECT_EQ(text("id, libsql_vector_idx(v)"), alone);
  EXPECT_EQ(text("abs(id), libsql_vector_idx(v)"), alone);
  EXPECT_EQ(text("libsql_vector_idx(v) COLLATE NOCASE"),
            "vector index: collation in expression is forbidden");
  EXPECT_EQ(text("libsql_vector_idx('v')"), column);
  EXPECT_EQ(text("libsql_vector_idx(lower(v))"), column);
  EXPECT_EQ(text("libsql_vector_idx(v, 1)"), strings);
  EXPECT_EQ(text("libsql_vector_idx(v, 'metric=' || 'l2')"), strings);
}

TEST(VectorColumnType, KnowsAllNamesOfLibSqlInAnyCase) {
  EXPECT_EQ(parse_column_type("f32_blob(3)").element, Element::float32);
  EXPECT_EQ(parse_column_type("FLOAT64 ( 8 )").dimensions, 8U);
  EXPECT_EQ(parse_column_type("FB16_BLOB(65536)").element, Element::floatb16);
  EXPECT_EQ(parse_column_type("FLOAT1BIT(9)").element, Element::float1bit);
}

TEST(VectorColumnType, RefusesOthersWithLibSqlsTexts) {
  const auto text = [](const char* type) {
    return refusal([&] { return parse_column_type(type); });
  };
  for (const char* type : {"", "BLOB", "VECTOR(3)", "FLOAT32", "F32_BLOB"}) {
    EXPECT_EQ(text(type), std::string("vector index: unexpected vector column type: ") + type);
  }
  EXPECT_EQ(text("FLOAT32(0)"),
            "vector index: vector column must have non-zero dimension for index: FLOAT32(0)");
  EXPECT_EQ(text("FLOAT32(-1)"),
            "vector index: non digit symbol in vector column parameter: FLOAT32(-1)");
  EXPECT_EQ(text("F32_BLOB(65537)"),
            "vector index: max vector dimension exceeded: F32_BLOB(65537)");
}

IndexOptions options(const std::vector<std::string>& settings) {
  return parse_index_options(settings);
}

std::string invalid(const std::string& setting, const std::string& why) {
  return "vector index: invalid vector index parameter '" + setting + "': " + why;
}

TEST(VectorIndexOptions, ReadPrefixesAndTakeTheLastOfAKey) {
  EXPECT_EQ(options({}).metric, Metric::cosine);
  EXPECT_EQ(options({"METRIC=L2"}).metric, Metric::l2);
  EXPECT_EQ(options({"metric=l2", "metric=cos"}).metric, Metric::cosine);
  EXPECT_EQ(options({"metric="}).metric, Metric::cosine);
  EXPECT_EQ(options({"max_neighbors=5x", "alpha=1.2", "search_l=1.5"}).metric, Metric::cosine);
}

TEST(VectorIndexOptions, RefuseWhatLibSqlRefuses) {
  const auto text = [](const char* setting) { return refusal([&] { return options({setting}); }); };
  EXPECT_EQ(text("metric"), invalid("metric", "unexpected parameter format"));
  EXPECT_EQ(text("metric=dot"), invalid("metric=dot", "invalid parameter"));
  EXPECT_EQ(text("speed=1"), invalid("speed=1", "invalid parameter"));
  EXPECT_EQ(text("max_neighbors=0"),
            invalid("max_neighbors=0", "invalid representation of integer vector index parameter"));
  EXPECT_EQ(text("search_l=-3"),
            invalid("search_l=-3", "integer vector index parameter must be positive"));
  EXPECT_EQ(text("alpha=x"),
            invalid("alpha=x", "invalid representation of floating point vector index parameter"));
  EXPECT_EQ(refusal([] {
              return options({"compress_neighbors=float1bit", "metric=l2"});
            }),
            "vector index: unable to initialize diskann: 1-bit compression available only for "
            "cosine metric");
}

TEST(VectorIndexOptions, TakeAsManySettingsAsLibSqlHasRoomFor) {
  using Settings = std::vector<std::string>;
  const auto several = [](const std::string& setting, std::size_t count, Settings others = {}) {
    others.insert(others.end(), count, setting);
    return others;
  };
  const auto text = [](const Settings& settings) {
    return refusal([&] { return options(settings); });
  };
  const Settings defaults = {"alpha=1.2", "search_l=200", "insert_l=70"};
  const std::string full = "vector index: unable to initialize diskann";
  EXPECT_EQ(options(several("metric=l2", 6)).metric, Metric::l2);
  EXPECT_EQ(text(several("metric=l2", 7)), full);
  EXPECT_EQ(options(several("type=diskann", 5)).metric, Metric::cosine);
  EXPECT_EQ(text(several("type=diskann", 6)), full);
  EXPECT_EQ(options(several("metric=l2", 6, defaults)).metric, Metric::l2);
  EXPECT_EQ(text(several("metric=l2", 7, defaults)), full);
  EXPECT_EQ(text(several("metric=l2", 12)),
            invalid("metric=l2", "unable to serialize vector index parameter"));
  EXPECT_EQ(text(several("alpha=1.2", 12)),
            invalid("alpha=1.2", "unable to serialize floating point vector index parameter"));
  EXPECT_EQ(text(several("search_l=9", 12)),
            invalid("search_l=9", "unable to serialize integer vector index parameter"));
}

}  // namespace
}  // namespace libsql::vector
