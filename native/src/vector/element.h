// The element types of vectors, as libSQL numbers them in the last byte of a stored vector.
#ifndef LIBSQL_VECTOR_ELEMENT_H_
#define LIBSQL_VECTOR_ELEMENT_H_

#include <cstddef>
#include <cstdint>

namespace libsql::vector {

enum class Element : std::uint8_t {
  float32 = 1,
  float64 = 2,
  float1bit = 3,  // +1 or -1.
  float8 = 4,     // alpha * q + shift, for a byte q.
  float16 = 5,    // IEEE 754 binary16.
  floatb16 = 6,   // The upper half of a float32.
};

// The most components that a vector of any type may have.
inline constexpr std::size_t kMaxDimensions = 65'536;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_ELEMENT_H_
