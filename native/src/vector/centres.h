// The centres that lists of rows lie around, in memory.
#ifndef LIBSQL_VECTOR_CENTRES_H_
#define LIBSQL_VECTOR_CENTRES_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "vector/index.h"

namespace libsql::vector {

// A list, and the square of the distance of its centre to a vector.
struct RankedList {
  std::int64_t list = 0;
  float square = 0;
};

// The centres of lists, in the order of the lists' numbers. Which one is nearest is decided by the
// Euclidean distance, which orders vectors of length 1 as the cosine does; of equal ones the first
// counts.
//
// Distances of rotated vectors are estimated from their first components (Johnson and
// Lindenstrauss), so that few are calculated: what is nearest is that then with a probability of
// about 0.99.
class Centres {
 public:
  // Any vectors: each distance is calculated.
  explicit Centres(std::size_t dimensions) : Centres(dimensions, dimensions) {}
  // Vectors as Sketcher::turned() gives them.
  [[nodiscard]] static Centres of_turned(std::size_t dimensions);

  // `list` is above all others.
  void add(std::int64_t list, std::span<const float> centre);
  void replace(std::int64_t list, std::span<const float> centre);
  void remove(std::int64_t list);

  [[nodiscard]] std::size_t size() const noexcept { return lists_.size(); }
  // A number that no list has.
  [[nodiscard]] std::int64_t next_list() const noexcept;
  [[nodiscard]] bool has(std::int64_t list) const noexcept;

  // The centre of a list that there is; valid until one is added or removed.
  [[nodiscard]] std::span<const float> of(std::int64_t list) const noexcept;
  // Of the distance to a list's centre.
  [[nodiscard]] float square(std::int64_t list, std::span<const float> vector) const noexcept;
  // The list whose centre is nearest. There must be one.
  [[nodiscard]] std::int64_t nearest(std::span<const float> vector) const;

 private:
  friend class Ranking;
  Centres(std::size_t dimensions, std::size_t estimated)
      : dimensions_(dimensions), estimated_(estimated) {}
  // Of all squares of distances to a vector.
  struct Estimates {
    std::vector<float> squares;
    float least = 0;
  };
  [[nodiscard]] Estimates estimates(std::span<const float> vector) const;
  [[nodiscard]] std::size_t index_of(std::int64_t list) const noexcept;
  [[nodiscard]] float square_at(std::size_t index, std::span<const float> vector) const noexcept;
  void set(std::size_t index, std::span<const float> centre) noexcept;
  // Of the centre that values_ has, if there is one.
  void set_first_components(std::size_t index) noexcept;
  // Of those of all centres.
  [[nodiscard]] std::size_t blocks() const noexcept;

  std::size_t dimensions_;
  std::size_t estimated_;  // The components that estimates use.
  std::vector<std::int64_t> lists_;
  std::vector<float> values_;  // dimensions_ of each list.
  // estimated_ of each list, as Blocks; those that no list has are infinite.
  std::vector<float> first_components_;
};

// Lists by the distance of their centres to a vector, which is found out as far as it is asked for:
// most searches look at few of them.
class Ranking {
 public:
  // Both must outlive it.
  Ranking(const Centres& centres, std::span<const float> vector);

  [[nodiscard]] std::size_t size() const noexcept { return ranked_.size(); }
  // The list of a rank, 0 or the one behind the latest, among those whose centre's square is
  // `limit` at most; nothing if there is none. In the order of the squares, unless a limit rises.
  [[nodiscard]] std::optional<RankedList> at(std::size_t rank, float limit);

 private:
  struct Ranked {
    std::uint32_t index = 0;
    float square = 0;
  };
  void sort_further();
  // False if no list that is not measured may be within the limit.
  bool measure_further(float limit);

  const Centres& centres_;
  std::span<const float> vector_;
  // First those in their order, then others with their squares, then those with estimates.
  std::vector<Ranked> ranked_;
  std::size_t sorted_ = 0;
  std::size_t measured_ = 0;
  float measured_to_ = 0;  // Estimates up to this have been measured.
};

// Those of an index, turned.
[[nodiscard]] Centres read_centres(sqlite3* db, const Index& index);
void write_centre(sqlite3* db, const Index& index, std::int64_t list,
                  std::span<const float> centre);
void remove_centre(sqlite3* db, const Index& index, std::int64_t list);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_CENTRES_H_
