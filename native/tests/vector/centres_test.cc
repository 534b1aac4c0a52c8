#include "vector/centres.h"

#include <cstdint>
#include <random>
#include <set>
#include <span>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace libsql::vector {
namespace {

using Vector = std::vector<float>;
using Lists = std::vector<std::int64_t>;

Centres three() {
  Centres centres(2);
  centres.add(1, Vector{0, 0});
  centres.add(3, Vector{0, 4});
  centres.add(5, Vector{4, 0});
  return centres;
}

Lists ranked(const Centres& centres, const Vector& vector) {
  Ranking ranking(centres, vector);
  Lists lists;
  for (std::size_t rank = 0; rank < ranking.size(); ++rank) lists.push_back(ranking[rank].list);
  return lists;
}

TEST(VectorCentresTest, RankListsByTheDistanceOfTheirCentresAndEqualOnesByTheirOrder) {
  const Centres centres = three();
  EXPECT_EQ(ranked(centres, {3, 1}), (Lists{5, 1, 3}));
  EXPECT_EQ(ranked(centres, {2, 2}), (Lists{1, 3, 5}));
  const Vector vector{0, 1};
  EXPECT_EQ(Ranking(centres, vector)[2].square, 17);
  EXPECT_EQ(centres.nearest(Vector{1, 3}), 3);
  EXPECT_EQ(centres.nearest(Vector{5, 5}), 3);
}

TEST(VectorCentresTest, AreReplacedAndRemovedByTheirNumber) {
  Centres centres = three();
  centres.replace(1, Vector{4, 4});
  EXPECT_EQ(ranked(centres, {4, 3}), (Lists{1, 5, 3}));
  centres.remove(5);
  EXPECT_EQ(centres.size(), 2U);
  EXPECT_FALSE(centres.has(5));
  EXPECT_TRUE(centres.has(3));
  EXPECT_EQ(ranked(centres, {0, 4}), (Lists{3, 1}));
  EXPECT_EQ(centres.next_list(), 4);
  centres.add(7, Vector{9, 9});
  EXPECT_THAT(centres.of(7), ::testing::ElementsAre(9, 9));
}

// Normal random numbers are as rotated vectors are: all components alike.
TEST(VectorCentresTest, OfRotatedVectorsAreFoundByTheirFirstComponentsWithTheirTrueDistances) {
  constexpr std::size_t kSize = 256;
  constexpr std::int64_t kLists = 3000;
  std::mt19937 random(14);
  std::normal_distribution<float> normal;
  const auto around = [&](std::span<const float> centre, float radius) {
    Vector vector(centre.begin(), centre.end());
    for (float& value : vector) value += radius * normal(random);
    return vector;
  };
  Centres centres = Centres::of_turned(kSize);
  for (std::int64_t list = 1; list <= kLists; ++list) {
    // In pairs.
    centres.add(list,
                list % 2 == 1 ? around(Vector(kSize), 1) : around(centres.of(list - 1), 0.7F));
  }
  int nearest = 0;
  for (std::int64_t list = 1; list <= kLists; list += 30) {
    const Vector vector = around(centres.of(list), 0.5F);
    nearest += centres.nearest(vector) == list ? 1 : 0;
    Ranking ranking(centres, vector);
    ASSERT_EQ(ranking.size(), kLists);
    std::set<std::int64_t> seen;
    for (std::size_t rank = 0; rank < ranking.size(); ++rank) {
      seen.insert(ranking[rank].list);
      if (rank == 0 || rank >= 512) continue;
      EXPECT_LE(ranking[rank - 1].square, ranking[rank].square);
    }
    EXPECT_EQ(seen.size(), kLists);
    EXPECT_EQ(ranking[0].list, list);
    EXPECT_EQ(ranking[1].list, list + 1);
    float square = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      const float difference = vector[i] - centres.of(list)[i];
      square += difference * difference;
    }
    EXPECT_NEAR(ranking[0].square, square, 1e-3);
  }
  EXPECT_EQ(nearest, 100);
}

}  // namespace
}  // namespace libsql::vector
