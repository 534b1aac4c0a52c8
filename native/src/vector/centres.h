// The centres that lists of rows lie around, in memory.
#ifndef LIBSQL_VECTOR_CENTRES_H_
#define LIBSQL_VECTOR_CENTRES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "vector/index.h"

namespace libsql::vector {

// Vectors are as regular() gives them. Which centre is nearest is decided by the Euclidean
// distance, which orders vectors of length 1 as the cosine does; of equal ones the first counts.
class Centres {
 public:
  explicit Centres(std::size_t dimensions) : dimensions_(dimensions) {}

  void add(std::int64_t list, std::span<const float> centre);
  void replace(std::int64_t list, std::span<const float> centre);
  void remove(std::int64_t list);

  [[nodiscard]] std::size_t size() const noexcept { return lists_.size(); }
  // A number that no list has.
  [[nodiscard]] std::int64_t next_list() const noexcept;
  [[nodiscard]] bool has(std::int64_t list) const noexcept;

  // The list whose centre is nearest. There must be one.
  [[nodiscard]] std::int64_t nearest(std::span<const float> vector) const noexcept;
  // All lists, nearest first.
  [[nodiscard]] std::vector<std::int64_t> ranked(std::span<const float> vector) const;

 private:
  [[nodiscard]] std::size_t index_of(std::int64_t list) const noexcept;
  [[nodiscard]] double score(std::size_t index, std::span<const float> vector) const noexcept;
  void set(std::size_t index, std::span<const float> centre) noexcept;

  std::size_t dimensions_;
  std::vector<std::int64_t> lists_;
  std::vector<float> values_;   // dimensions_ of each list.
  std::vector<double> halves_;  // Half of each centre's square.
};

// Those of an index, in the order of their numbers.
[[nodiscard]] Centres read_centres(sqlite3* db, const Index& index);
void write_centre(sqlite3* db, const Index& index, std::int64_t list,
                  std::span<const float> centre);
void remove_centre(sqlite3* db, const Index& index, std::int64_t list);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_CENTRES_H_
