#include "vector/clustering.h"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace libsql::vector {
namespace {

// Points around (0, 0), (100, 0) and so on, in turns.
VectorSet clusters(std::size_t count, std::size_t points) {
  std::mt19937 random(14);
  std::normal_distribution<float> normal;
  VectorSet vectors{2, {}};
  for (std::size_t i = 0; i < points; ++i) {
    vectors.add(std::vector<float>{100.0F * static_cast<float>(i % count) + normal(random),
                                   normal(random)});
  }
  return vectors;
}

std::vector<float> firsts_of(const VectorSet& vectors) {
  std::vector<float> firsts;
  for (std::size_t i = 0; i < vectors.size(); ++i) firsts.push_back(vectors[i][0]);
  std::ranges::sort(firsts);
  return firsts;
}

TEST(VectorClusteringTest, FindsTheCentresOfClusters) {
  // The first ones are vectors 0, 101, 202: of three clusters.
  const std::vector<float> found = firsts_of(cluster(clusters(3, 303), 3, [](double) {}));
  ASSERT_EQ(found.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(found[i], 100.0F * static_cast<float>(i), 1);
}

TEST(VectorClusteringTest, DividesLargeGroupsAndLeavesOutSmallOnes) {
  VectorSet vectors = clusters(1, 200);
  for (const float x : {500.0F, 501.0F, 900.0F}) vectors.add(std::vector<float>{x, 0});
  const VectorSet centres = cluster_evenly(vectors, 3, 20, 4, [](double) {});
  EXPECT_GT(centres.size(), 10U);
  EXPECT_LT(centres.size(), 40U);
  for (const float first : firsts_of(centres)) EXPECT_LT(first, 10);
}

TEST(VectorClusteringTest, GivesTheSameForTheSameVectors) {
  const VectorSet vectors = clusters(7, 500);
  EXPECT_EQ(cluster(vectors, 20, [](double) {}).values, cluster(vectors, 20, [](double) {}).values);
}

TEST(VectorClusteringTest, EndsWithWhatThePauseThrows) {
  EXPECT_THROW(static_cast<void>(cluster(clusters(2, 10), 2,
                                         [](double) { throw std::runtime_error("stopped"); })),
               std::runtime_error);
}

TEST(VectorClusteringTest, HalvesTwoClustersBetweenThem) {
  const VectorSet vectors = clusters(2, 99);
  const Halves halves = halve(vectors);
  for (std::size_t i = 2; i < vectors.size(); ++i) {
    EXPECT_EQ(halves.in_second[i], halves.in_second[i - 2]) << i;
  }
  EXPECT_NE(halves.in_second[0], halves.in_second[1]);
}

TEST(VectorClusteringTest, CutsEqualVectorsAndOnesWithAnOutlierInTwoParts) {
  VectorSet equal{2, std::vector<float>(20, 1)};
  EXPECT_EQ(std::ranges::count(halve(equal).in_second, true), 5);
  VectorSet outlier = clusters(1, 50);
  outlier.add(std::vector<float>{1e6F, 0});
  const auto second = std::ranges::count(halve(outlier).in_second, true);
  EXPECT_GE(second, 7);
  EXPECT_LE(second, 44);
}

}  // namespace
}  // namespace libsql::vector
