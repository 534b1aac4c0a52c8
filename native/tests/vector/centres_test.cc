#include "vector/centres.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
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

constexpr float kAny = std::numeric_limits<float>::infinity();

Lists ranked(const Centres& centres, const Vector& vector) {
  Ranking ranking(centres, vector);
  Lists lists;
  for (std::size_t rank = 0; rank < ranking.size(); ++rank) {
    lists.push_back(ranking.at(rank, kAny)->list);
  }
  return lists;
}

TEST(VectorCentresTest, RankListsByTheDistanceOfTheirCentresAndEqualOnesByTheirOrder) {
  const Centres centres = three();
  EXPECT_EQ(ranked(centres, {3, 1}), (Lists{5, 1, 3}));
  EXPECT_EQ(ranked(centres, {2, 2}), (Lists{1, 3, 5}));
  const Vector vector{0, 1};
  Ranking ranking(centres, vector);
  std::vector<float> squares;
  for (std::size_t rank = 0; rank < 3; ++rank) squares.push_back(ranking.at(rank, kAny)->square);
  EXPECT_EQ(squares, (Vector{1, 9, 17}));
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

TEST(VectorCentresTest, TheNearestIsThatOfAllHoweverManyHaveBeenAddedAndRemoved) {
  constexpr std::size_t kSize = 3;
  std::mt19937 random(14);
  std::normal_distribution<float> normal;
  Centres centres(kSize);
  std::vector<std::int64_t> lists;
  for (int round = 0; round < 400; ++round) {
    if (round % 100 < 60 || lists.size() < 2) {
      lists.push_back(centres.next_list());
      centres.add(lists.back(), Vector{normal(random), normal(random), normal(random)});
    } else {
      const auto gone = lists.begin() + static_cast<std::ptrdiff_t>(random() % lists.size());
      centres.remove(*gone);
      lists.erase(gone);
    }
    const Vector vector{normal(random), normal(random), normal(random)};
    const auto nearest = std::ranges::min_element(
        lists, {}, [&](std::int64_t list) { return centres.square(list, vector); });
    EXPECT_FLOAT_EQ(centres.square(centres.nearest(vector), vector),
                    centres.square(*nearest, vector));
  }
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
    std::optional<RankedList> first;
    for (std::size_t rank = 0; rank < ranking.size(); ++rank) {
      const auto next = ranking.at(rank, kAny);
      ASSERT_TRUE(next.has_value());
      if (rank == 0) first = next;
      if (rank < 2) {
        EXPECT_EQ(next->list, list + static_cast<std::int64_t>(rank));
      }
      seen.insert(next->list);
    }
    EXPECT_EQ(seen.size(), kLists);
    float square = 0;
    for (std::size_t i = 0; i < kSize; ++i) {
      const float difference = vector[i] - centres.of(list)[i];
      square += difference * difference;
    }
    EXPECT_NEAR(first->square, square, 1e-3);
  }
  EXPECT_EQ(nearest, 100);
}

TEST(VectorCentresTest, WithinALimitAllListsAreRankedAlsoIfItFallsOnTheWay) {
  constexpr std::size_t kSize = 128;
  std::mt19937 random(14);
  std::normal_distribution<float> normal;
  Centres centres = Centres::of_turned(kSize);
  for (std::int64_t list = 1; list <= 2000; ++list) {
    Vector centre(kSize);
    for (float& value : centre) value = normal(random) * static_cast<float>(list % 50 + 10) / 60;
    centres.add(list, centre);
  }
  for (int round = 0; round < 20; ++round) {
    Vector vector(kSize);
    for (float& value : vector) value = normal(random) / 4;
    const auto within = [&](float limit) {
      Lists lists;
      for (std::int64_t list = 1; list <= 2000; ++list) {
        if (centres.square(list, vector) <= limit) lists.push_back(list);
      }
      return lists;
    };
    const float limit = centres.square(centres.nearest(vector), vector) * 2;
    Ranking ranking(centres, vector);
    Lists found;
    while (const auto list = ranking.at(found.size(), found.size() < 5 ? kAny : limit)) {
      found.push_back(list->list);
    }
    EXPECT_THAT(found, ::testing::UnorderedElementsAreArray(within(limit)));
  }
}

}  // namespace
}  // namespace libsql::vector
