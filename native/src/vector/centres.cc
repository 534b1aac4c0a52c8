#include "vector/centres.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "vector/index_state.h"
#include "vector/kernels.h"
#include "vector/sketch.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

constexpr std::size_t kEstimated = 64;
// The standard deviation of an estimate is sqrt(2 / 64) of it, or 0.18.
constexpr float kMostOfTrue = 1.75F;

constexpr std::size_t kSortedAtOnce = 64;

constexpr float kNone = std::numeric_limits<float>::infinity();

}  // namespace

Centres Centres::of_turned(std::size_t dimensions) {
  return {dimensions, std::min(dimensions, kEstimated)};
}

void Centres::add(std::int64_t list, std::span<const float> centre) {
  lists_.push_back(list);
  values_.resize(values_.size() + dimensions_);
  first_components_.resize(blocks() * Blocks::kVectors * estimated_, kNone);
  set(lists_.size() - 1, centre);
}

void Centres::replace(std::int64_t list, std::span<const float> centre) {
  set(index_of(list), centre);
}

void Centres::remove(std::int64_t list) {
  const std::size_t index = index_of(list);
  const auto first = values_.begin() + static_cast<std::ptrdiff_t>(index * dimensions_);
  values_.erase(first, first + static_cast<std::ptrdiff_t>(dimensions_));
  lists_.erase(lists_.begin() + static_cast<std::ptrdiff_t>(index));
  for (std::size_t later = index; later <= lists_.size(); ++later) set_first_components(later);
}

std::int64_t Centres::next_list() const noexcept { return lists_.empty() ? 1 : lists_.back() + 1; }

bool Centres::has(std::int64_t list) const noexcept {
  return std::ranges::binary_search(lists_, list);
}

std::span<const float> Centres::of(std::int64_t list) const noexcept {
  return std::span(values_).subspan(index_of(list) * dimensions_, dimensions_);
}

std::int64_t Centres::nearest(std::span<const float> vector) const {
  const Estimates estimated = estimates(vector);
  const auto first = std::ranges::find(estimated.squares, estimated.least);
  auto best = static_cast<std::size_t>(first - estimated.squares.begin());
  if (estimated_ == dimensions_) return lists_[best];
  float least = square_at(best, vector);
  for (std::size_t index = 0; index < lists_.size(); ++index) {
    if (estimated.squares[index] > kMostOfTrue * least) continue;
    const float found = square_at(index, vector);
    if (found > least || (found == least && index >= best)) continue;
    best = index;
    least = found;
  }
  return lists_[best];
}

Centres::Estimates Centres::estimates(std::span<const float> vector) const {
  Estimates found{std::vector<float>(blocks() * Blocks::kVectors), 0};
  if (lists_.size() < Blocks::kVectors && estimated_ == dimensions_) {
    found.squares.resize(lists_.size());
    for (std::size_t i = 0; i < lists_.size(); ++i) found.squares[i] = square_at(i, vector);
    found.least = std::ranges::min(found.squares);
    return found;
  }
  found.least = kernels().squares_of_blocks(
      vector.data(), {first_components_.data(), blocks(), estimated_}, found.squares.data());
  found.squares.resize(lists_.size());
  const float scale = static_cast<float>(dimensions_) / static_cast<float>(estimated_);
  for (float& square : found.squares) square *= scale;
  found.least *= scale;
  return found;
}

std::size_t Centres::blocks() const noexcept {
  return (lists_.size() + Blocks::kVectors - 1) / Blocks::kVectors;
}

std::size_t Centres::index_of(std::int64_t list) const noexcept {
  return static_cast<std::size_t>(std::ranges::lower_bound(lists_, list) - lists_.begin());
}

float Centres::square(std::int64_t list, std::span<const float> vector) const noexcept {
  return square_at(index_of(list), vector);
}

float Centres::square_at(std::size_t index, std::span<const float> vector) const noexcept {
  const std::span centre = std::span(values_).subspan(index * dimensions_, dimensions_);
  return static_cast<float>(kernels().squares_float32(std::as_bytes(centre).data(),
                                                      std::as_bytes(vector).data(), dimensions_));
}

void Centres::set(std::size_t index, std::span<const float> centre) noexcept {
  std::ranges::copy(centre, values_.begin() + static_cast<std::ptrdiff_t>(index * dimensions_));
  set_first_components(index);
}

void Centres::set_first_components(std::size_t index) noexcept {
  const std::size_t block = index / Blocks::kVectors;
  float* place =
      first_components_.data() + block * Blocks::kVectors * estimated_ + index % Blocks::kVectors;
  for (std::size_t i = 0; i < estimated_; ++i, place += Blocks::kVectors) {
    *place = kNone;
    if (index < lists_.size()) *place = values_[index * dimensions_ + i];
  }
}

Ranking::Ranking(const Centres& centres, std::span<const float> vector)
    : centres_(centres), vector_(vector) {
  const std::vector<float> estimates = centres.estimates(vector).squares;
  ranked_.reserve(estimates.size());
  for (std::uint32_t index = 0; index < estimates.size(); ++index) {
    ranked_.push_back({index, estimates[index]});
  }
}

std::optional<RankedList> Ranking::at(std::size_t rank, float limit) {
  for (;;) {
    if (rank == sorted_ && sorted_ < measured_) sort_further();
    if (rank < sorted_ && ranked_[rank].square <= limit) {
      return RankedList{centres_.lists_[ranked_[rank].index], ranked_[rank].square};
    }
    if (!measure_further(limit)) return std::nullopt;
    sorted_ = rank;
  }
}

void Ranking::sort_further() {
  const auto is_nearer = [](const Ranked& left, const Ranked& right) {
    if (left.square != right.square) return left.square < right.square;
    return left.index < right.index;
  };
  const auto first = ranked_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  const auto end = ranked_.begin() + static_cast<std::ptrdiff_t>(measured_);
  sorted_ = std::min(sorted_ + kSortedAtOnce, measured_);
  const auto last = ranked_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  if (last != end) std::nth_element(first, last, end, is_nearer);
  std::sort(first, last, is_nearer);
}

bool Ranking::measure_further(float limit) {
  const auto rest = std::span(ranked_).subspan(measured_);
  if (rest.empty() || kMostOfTrue * limit <= measured_to_) return false;
  const float least = std::ranges::min(rest, {}, &Ranked::square).square;
  measured_to_ = kMostOfTrue * (std::isinf(limit) ? least : limit);
  const auto far = std::partition(
      rest.begin(), rest.end(), [this](const Ranked& each) { return each.square <= measured_to_; });
  const auto near = rest.first(static_cast<std::size_t>(far - rest.begin()));
  for (Ranked& each : near) each.square = centres_.square_at(each.index, vector_);
  measured_ += near.size();
  return !near.empty();
}

Centres read_centres(sqlite3* db, const Index& index) {
  std::vector<float> centre(Sketcher::components_for(index.type.dimensions));
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
