// Where libSQL's own answer is a defect, and what no recorded case covers.
#include "vector/functions.h"

#include <string>

#include <gtest/gtest.h>

#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class VectorFunctionsTest : public testing::MemoryTest {
 protected:
  auto fails(const std::string& expression, const std::string& text) {
    EXPECT_THAT([&] { return query("SELECT " + expression); }, throws_error(ErrorKind::error, text))
        << expression;
  }
};

TEST_F(VectorFunctionsTest, EveryFunctionRefusesABlobThatEndsWithinANumber) {
  const std::string text = "vector: unexpected data part size: type=1, dims=1, 6 != 4";
  for (const char* call : {"vector(x'0000803F0000')", "vector_extract(x'0000803F0000')",
                           "vector_distance_cos(x'0000803F0000', '[1]')",
                           "vector_distance_l2('[1]', x'0000803F0000')"}) {
    fails(call, text);
  }
}

TEST_F(VectorFunctionsTest, ATrailerThatLeavesNoRoomForComponentsIsAnErrorAndNotAShortageOfMemory) {
  fails("vector_extract(x'FF1103')", "unexpected data part size: type=3, dims=-1, 2 != 0");
  fails("vector8(x'AABB000004')", "unexpected data part size: type=4, dims=-6, 4 != 0");
}

TEST_F(VectorFunctionsTest, UnusedBitsOfA1BitVectorNeitherCountNorComeBack) {
  EXPECT_EQ(query("SELECT vector_distance_cos(x'FF0F03', x'010F03')"), "0.0");
  EXPECT_EQ(query("SELECT hex(vector1bit(x'FF0B03'))"), "'1F0B03'");
}

TEST_F(VectorFunctionsTest, PaddingOfAnEightBitVectorIsZero) {
  EXPECT_EQ(query("SELECT hex(vector8(x'0055AAFF8180403C0000803F000104'))"),
            "'0055AA008180403C0000803F000104'");
}

TEST_F(VectorFunctionsTest, TheMarkerWantsAnArgument) {
  fails("libsql_vector_idx()", "wrong number of arguments to function libsql_vector_idx()");
}

TEST_F(VectorFunctionsTest, ATextAsQueryIsParsedOncePerStatementAndComparedWithEachRow) {
  db_.execute("CREATE TABLE t(v)");
  db_.execute("INSERT INTO t VALUES (vector('[1,0]')), ('[0,1]'), (vector('[-1,0]'))");
  EXPECT_EQ(query("SELECT vector_distance_l2(v, '[1,0]') > 1 FROM t"), "0\n1\n1");
  EXPECT_EQ(query("SELECT vector_distance_cos('[1,0]', v) FROM t"), "0.0\n1.0\n2.0");
}

TEST_F(VectorFunctionsTest, AQueryOfAnotherLengthFailsAlsoWhereItWasParsedForAnEarlierRow) {
  db_.execute("CREATE TABLE t(v)");
  db_.execute("INSERT INTO t VALUES (vector('[1,0]')), (vector('[1,0,0]'))");
  EXPECT_THAT([&] { return query("SELECT vector_distance_cos(v, '[1,0]') FROM t"); },
              throws_error(ErrorKind::error, "vectors must have the same length: 3 != 2"));
  db_.execute("UPDATE t SET v = vector64('[1,0]') WHERE length(v) = 12");
  EXPECT_THAT([&] { return query("SELECT vector_distance_cos(v, '[1,0]') FROM t"); },
              throws_error(ErrorKind::error, "vectors must have the same type: 2 != 1"));
}

TEST_F(VectorFunctionsTest, ServeInGeneratedColumnsAndIndexesOnExpressions) {
  db_.execute("CREATE TABLE t(a TEXT, v BLOB AS (vector(a)) STORED)");
  db_.execute("CREATE INDEX i ON t(vector_distance_l2(v, '[0,0]'))");
  db_.execute("INSERT INTO t(a) VALUES ('[3,4]'), ('[0,1]')");
  EXPECT_EQ(query("SELECT a FROM t WHERE vector_distance_l2(v, '[0,0]') = 5.0"), "'[3,4]'");
}

}  // namespace
}  // namespace libsql
