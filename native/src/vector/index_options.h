// The settings in libsql_vector_idx(column, 'key=value', ...).
#ifndef LIBSQL_VECTOR_INDEX_OPTIONS_H_
#define LIBSQL_VECTOR_INDEX_OPTIONS_H_

#include <cstdint>
#include <span>
#include <string>

namespace libsql::vector {

enum class Metric { cosine, l2 };

struct IndexOptions {
  Metric metric = Metric::cosine;
  bool one_bit_neighbours = false;  // compress_neighbors=float1bit.
  std::int64_t search_l = 200;      // How many candidates a search measures.
};

// Checks each setting as libSQL does; those of its graph (max_neighbors, alpha, insert_l) mean
// nothing here. The last of several with one key counts. As many are taken as libSQL has room for:
// nine, less one for each of metric, alpha, search_l and insert_l that is not among them.
// Throws Failure with libSQL's text.
[[nodiscard]] IndexOptions parse_index_options(std::span<const std::string> settings);

// Throws the Failure for 1-bit vectors with the metric l2.
[[noreturn]] void refuse_one_bit();

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_INDEX_OPTIONS_H_
