// Vectors as libSQL stores them in blobs: little-endian numbers, then a byte for the type. The
// length's parity decides: an even length is float32 without that byte.
#ifndef LIBSQL_VECTOR_BLOB_H_
#define LIBSQL_VECTOR_BLOB_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "vector/element.h"

namespace libsql::vector {

// The components of a stored vector, where they lie; nothing is copied, nothing is aligned.
struct View {
  Element element = Element::float32;
  std::size_t dimensions = 0;
  const std::byte* data = nullptr;
  float alpha = 0;  // Of float8 only, as `shift`.
  float shift = 0;
};

// The vector in `blob`, for as long as the blob lives.
// Throws Failure with libSQL's text if it is none.
[[nodiscard]] View view_blob(std::span<const std::byte> blob);

// The components as numbers. float64 is rounded to float32.
[[nodiscard]] std::vector<float> to_floats(const View& vector);
[[nodiscard]] std::vector<double> to_doubles(const View& vector);

// A stored vector with these components, of any type but float64.
[[nodiscard]] std::string to_blob(Element element, std::span<const float> values);
// A stored vector with these components, of type float64.
[[nodiscard]] std::string to_blob(std::span<const double> values);

// The stored form of `vector` in another type or, with padding and unused bits as zeros, in its
// own.
[[nodiscard]] std::string convert(const View& vector, Element element);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_BLOB_H_
