#include "vector/calibration.h"

#include <algorithm>

#include "vector/kernels.h"

namespace libsql::vector {

namespace {

constexpr std::size_t kNearest = 10;
// Of the nearest rows, so many are to be found, without what estimates lose.
constexpr std::size_t kWanted = 9995;
constexpr std::size_t kOf = 10000;

double dot(std::span<const float> left, std::span<const float> right) noexcept {
  return kernels().dot_float32(std::as_bytes(left).data(), std::as_bytes(right).data(),
                               left.size());
}

}  // namespace

Calibration::Calibration(VectorSet queries, std::vector<std::int64_t> rows)
    : queries_(std::move(queries)), rows_(std::move(rows)), nearest_(rows_.size()) {}

void Calibration::offer(std::int64_t row, std::span<const float> vector, std::int64_t list) {
  std::size_t itself = rows_.size();
  while (next_ < rows_.size() && rows_[next_] < row) ++next_;
  if (next_ < rows_.size() && rows_[next_] == row) itself = next_++;
  const double half = dot(vector, vector) / 2;
  for (std::size_t query = 0; query < rows_.size(); ++query) {
    if (query == itself) continue;
    const double score = dot(queries_[query], vector) - half;
    std::vector<Near>& nearest = nearest_[query];
    if (nearest.size() == kNearest) {
      if (score <= nearest.back().score) continue;
      nearest.pop_back();
    }
    const auto place =
        std::ranges::upper_bound(nearest, score, std::ranges::greater{}, &Near::score);
    nearest.insert(place, Near{score, list});
  }
}

double Calibration::reach(const Centres& centres, const Sketcher& sketcher) const {
  std::vector<double> reaches;
  for (std::size_t query = 0; query < rows_.size(); ++query) {
    const auto vector = queries_[query];
    const std::vector<float> turned = sketcher.turned(vector);
    if (nearest_[query].empty()) continue;
    const double farthest = dot(vector, vector) - 2 * nearest_[query].back().score;
    for (const Near& near : nearest_[query]) {
      reaches.push_back(static_cast<double>(centres.square(near.list, turned)) - farthest);
    }
  }
  if (reaches.empty()) return 0;
  const std::size_t place = (reaches.size() - 1) * kWanted / kOf;
  std::ranges::nth_element(reaches, reaches.begin() + static_cast<std::ptrdiff_t>(place));
  return reaches[place];
}

}  // namespace libsql::vector
