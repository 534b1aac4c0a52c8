#include "vector/centres.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "vector/index_state.h"
#include "vector/kernels.h"
#include "vector/sqlite_statement.h"

namespace libsql::vector {

namespace {

double dot(const float* left, const float* right, std::size_t count) noexcept {
  return kernels().dot_float32(reinterpret_cast<const std::byte*>(left),
                               reinterpret_cast<const std::byte*>(right), count);
}

}  // namespace

void Centres::add(std::int64_t list, std::span<const float> centre) {
  lists_.push_back(list);
  halves_.push_back(0);
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
  halves_.erase(halves_.begin() + index);
  lists_.erase(lists_.begin() + index);
}

std::int64_t Centres::next_list() const noexcept {
  return lists_.empty() ? 1 : *std::ranges::max_element(lists_) + 1;
}

bool Centres::has(std::int64_t list) const noexcept { return index_of(list) < lists_.size(); }

std::int64_t Centres::nearest(std::span<const float> vector) const noexcept {
  std::size_t best = 0;
  double best_score = score(0, vector);
  for (std::size_t index = 1; index < lists_.size(); ++index) {
    const double found = score(index, vector);
    if (found <= best_score) continue;
    best = index;
    best_score = found;
  }
  return lists_[best];
}

std::vector<std::int64_t> Centres::ranked(std::span<const float> vector) const {
  std::vector<double> scores(lists_.size());
  for (std::size_t index = 0; index < scores.size(); ++index) scores[index] = score(index, vector);
  std::vector<std::size_t> order(lists_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::size_t index) { return scores[index]; });
  std::vector<std::int64_t> ranked;
  ranked.reserve(order.size());
  for (const std::size_t index : order) ranked.push_back(lists_[index]);
  return ranked;
}

std::size_t Centres::index_of(std::int64_t list) const noexcept {
  return static_cast<std::size_t>(std::ranges::find(lists_, list) - lists_.begin());
}

// The larger, the nearer: half of the vector's square less half of the square of the distance.
double Centres::score(std::size_t index, std::span<const float> vector) const noexcept {
  return dot(values_.data() + index * dimensions_, vector.data(), dimensions_) - halves_[index];
}

void Centres::set(std::size_t index, std::span<const float> centre) noexcept {
  std::ranges::copy(centre, values_.begin() + static_cast<std::ptrdiff_t>(index * dimensions_));
  halves_[index] = dot(centre.data(), centre.data(), dimensions_) / 2;
}

Centres read_centres(sqlite3* db, const Index& index) {
  Centres centres(index.type.dimensions);
  std::vector<float> centre(index.type.dimensions);
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
