#include "vector/centres.h"

#include <algorithm>
#include <cstring>

#include "vector/index_state.h"
#include "vector/kernels.h"
#include "vector/sketch.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

constexpr std::size_t kEstimated = 64;
// The standard deviation of an estimate is sqrt(2 / 64) of it, or 0.18.
constexpr float kMostOfTrue = 1.75F;

}  // namespace

Centres Centres::of_turned(std::size_t dimensions) {
  return {dimensions, std::min(dimensions, kEstimated)};
}

void Centres::add(std::int64_t list, std::span<const float> centre) {
  lists_.push_back(list);
  values_.resize(values_.size() + dimensions_);
  set(lists_.size() - 1, centre);
}

void Centres::replace(std::int64_t list, std::span<const float> centre) {
  set(index_of(list), centre);
}

void Centres::remove(std::int64_t list) {
  const auto index = static_cast<std::ptrdiff_t>(index_of(list));
  const auto first = values_.begin() + index * static_cast<std::ptrdiff_t>(dimensions_);
  values_.erase(first, first + static_cast<std::ptrdiff_t>(dimensions_));
  lists_.erase(lists_.begin() + index);
}

std::int64_t Centres::next_list() const noexcept { return lists_.empty() ? 1 : lists_.back() + 1; }

bool Centres::has(std::int64_t list) const noexcept {
  return std::ranges::binary_search(lists_, list);
}

std::span<const float> Centres::of(std::int64_t list) const noexcept {
  return std::span(values_).subspan(index_of(list) * dimensions_, dimensions_);
}

std::int64_t Centres::nearest(std::span<const float> vector) const {
  const std::vector<float> estimated = estimates(vector);
  const auto first = std::ranges::min_element(estimated) - estimated.begin();
  auto best = static_cast<std::size_t>(first);
  if (estimated_ == dimensions_) return lists_[best];
  float least = square_at(best, vector);
  for (std::size_t index = 0; index < estimated.size(); ++index) {
    if (estimated[index] > kMostOfTrue * least) continue;
    const float found = square_at(index, vector);
    if (found > least || (found == least && index >= best)) continue;
    best = index;
    least = found;
  }
  return lists_[best];
}

std::vector<float> Centres::estimates(std::span<const float> vector) const {
  std::vector<float> found(lists_.size());
  const Rows rows{values_.data(), dimensions_, estimated_};
  kernels().squares_of_rows(vector.data(), rows, found.size(), found.data());
  const float scale = static_cast<float>(dimensions_) / static_cast<float>(estimated_);
  for (float& square : found) square *= scale;
  return found;
}

std::size_t Centres::index_of(std::int64_t list) const noexcept {
  return static_cast<std::size_t>(std::ranges::lower_bound(lists_, list) - lists_.begin());
}

float Centres::square(std::int64_t list, std::span<const float> vector) const noexcept {
  return square_at(index_of(list), vector);
}

float Centres::square_at(std::size_t index, std::span<const float> vector) const noexcept {
  float square = 0;
  const Rows row{values_.data() + index * dimensions_, dimensions_, dimensions_};
  kernels().squares_of_rows(vector.data(), row, 1, &square);
  return square;
}

void Centres::set(std::size_t index, std::span<const float> centre) noexcept {
  std::ranges::copy(centre, values_.begin() + static_cast<std::ptrdiff_t>(index * dimensions_));
}

Ranking::Ranking(const Centres& centres, std::span<const float> vector)
    : centres_(centres), vector_(vector) {
  const bool few = centres.size() <= kFew;
  if (few) measured_at_once_ = centres.size();
  const std::vector<float> estimates =
      few ? std::vector<float>(centres.size()) : centres.estimates(vector);
  ranked_.reserve(estimates.size());
  for (std::size_t index = 0; index < estimates.size(); ++index) {
    ranked_.push_back({index, estimates[index]});
  }
}

RankedList Ranking::operator[](std::size_t rank) {
  while (rank >= sorted_) sort_further();
  return {centres_.lists_[ranked_[rank].index], ranked_[rank].square};
}

void Ranking::sort_further() {
  if (sorted_ == measured_) {
    for (Ranked& each : nearest_of(measured_, ranked_.size(), measured_at_once_)) {
      each.square = centres_.square_at(each.index, vector_);
      ++measured_;
    }
  }
  const auto part = nearest_of(sorted_, measured_, kSortedAtOnce);
  std::ranges::sort(part, &is_nearer);
  sorted_ += part.size();
}

std::span<Ranking::Ranked> Ranking::nearest_of(std::size_t from, std::size_t to, std::size_t most) {
  const auto all = std::span(ranked_).subspan(from, to - from);
  const auto part = all.first(std::min(all.size(), most));
  std::ranges::nth_element(all, all.begin() + std::ssize(part), &is_nearer);
  return part;
}

bool Ranking::is_nearer(const Ranked& left, const Ranked& right) noexcept {
  if (left.square != right.square) return left.square < right.square;
  return left.index < right.index;
}

Centres read_centres(sqlite3* db, const Index& index) {
  std::vector<float> centre(Sketcher::bits_for(index.type.dimensions));
  Centres centres = Centres::of_turned(centre.size());
  SqliteStatement lists(
      db, "SELECT list, centre FROM " + shadow_name(index.name, kListsSuffix) + " ORDER BY list");
  while (lists.step()) {
    const std::string_view bytes = lists.blob(1);
    if (bytes.size() != centre.size() * sizeof(float)) refuse_damaged(index);
    std::memcpy(centre.data(), bytes.data(), bytes.size());
    centres.add(sqlite3_column_int64(lists.get(), 0), centre);
  }
  if (centres.size() == 0) refuse_damaged(index);
  return centres;
}

void write_centre(sqlite3* db, const Index& index, std::int64_t list,
                  std::span<const float> centre) {
  SqliteStatement write(
      db, "INSERT OR REPLACE INTO " + shadow_name(index.name, kListsSuffix) + " VALUES (?1, ?2)");
  write.bind(1, list);
  write.bind_blob(2, bytes_of(centre));
  static_cast<void>(write.step());
}

void remove_centre(sqlite3* db, const Index& index, std::int64_t list) {
  SqliteStatement remove(
      db, "DELETE FROM " + shadow_name(index.name, kListsSuffix) + " WHERE list = ?1");
  remove.bind(1, list);
  static_cast<void>(remove.step());
}

}  // namespace libsql::vector
