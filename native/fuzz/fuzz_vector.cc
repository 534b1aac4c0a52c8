// Vectors as texts and as blobs: any bytes are a vector or are refused, and what is a vector stays
// one in every type and on every instruction set.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fuzz/check.h"
#include "vector/blob.h"
#include "vector/distance.h"
#include "vector/failure.h"
#include "vector/text.h"

namespace libsql::vector {
namespace {

using fuzz::check;

constexpr Element kElements[] = {Element::float32, Element::float64, Element::float1bit,
                                 Element::float8,  Element::float16, Element::floatb16};

View view(const std::string& bytes) { return view_blob(std::as_bytes(std::span(bytes))); }

void check_text(std::string_view text) {
  static_cast<void>(apparent_dimensions(text));
  try {
    const std::vector<double> values = parse(text);
    check(values.size() == apparent_dimensions(text), "the length was known before");
    check(view(to_blob(values)).dimensions == values.size(), "a text can be stored");
  } catch (const Failure&) {
    return;  // No vector.
  }
}

void check_distances(const View& vector) {
  for (const Kernels* const kernels : supported_kernels()) {
    const double bits = cosine_distance(vector, vector, *kernels);
    check(vector.element != Element::float1bit || bits == 0, "no bit differs from itself");
    if (vector.element == Element::float1bit) continue;
    const double distance = l2_distance(vector, vector, *kernels);
    check(std::isnan(distance) || distance == 0, "a vector has no distance from itself");
  }
}

void check_blob(std::string_view bytes) {
  try {
    const View stored = view_blob(std::as_bytes(std::span(bytes)));
    check_distances(stored);
    static_cast<void>(print(to_doubles(stored)));
    for (const Element element : kElements) {
      check(view(convert(stored, element)).dimensions == stored.dimensions, "nothing is lost");
    }
  } catch (const Failure&) {
    return;  // No vector.
  }
}

}  // namespace
}  // namespace libsql::vector

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  libsql::vector::check_text(bytes);
  libsql::vector::check_blob(bytes);
  return 0;
}
