#include "vector/centres.h"

#include <vector>

#include <gtest/gtest.h>

namespace libsql::vector {
namespace {

using Vector = std::vector<float>;
using Lists = std::vector<std::int64_t>;

Centres three() {
  Centres centres(2);
  centres.add(1, Vector{0, 0});
  centres.add(5, Vector{4, 0});
  centres.add(3, Vector{0, 4});
  return centres;
}

TEST(VectorCentresTest, RankListsByTheDistanceOfTheirCentresAndEqualOnesByTheirOrder) {
  const Centres centres = three();
  EXPECT_EQ(centres.ranked(Vector{3, 1}), (Lists{5, 1, 3}));
  EXPECT_EQ(centres.ranked(Vector{0, 0}), (Lists{1, 5, 3}));
  EXPECT_EQ(centres.nearest(Vector{1, 3}), 3);
  EXPECT_EQ(centres.nearest(Vector{5, 5}), 5);
}

TEST(VectorCentresTest, AreReplacedAndRemovedByTheirNumber) {
  Centres centres = three();
  centres.replace(1, Vector{4, 4});
  EXPECT_EQ(centres.ranked(Vector{4, 3}), (Lists{1, 5, 3}));
  centres.remove(5);
  EXPECT_EQ(centres.size(), 2U);
  EXPECT_FALSE(centres.has(5));
  EXPECT_TRUE(centres.has(3));
  EXPECT_EQ(centres.ranked(Vector{0, 4}), (Lists{3, 1}));
  EXPECT_EQ(centres.next_list(), 4);
}

}  // namespace
}  // namespace libsql::vector
