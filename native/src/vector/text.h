// Vectors as text: "[1, 2.5, -3e7]".
#ifndef LIBSQL_VECTOR_TEXT_H_
#define LIBSQL_VECTOR_TEXT_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace libsql::vector {

// The numbers of a text, correctly rounded. White space counts nowhere, not even inside a number;
// the text ends at a zero byte.
// Throws Failure with libSQL's text if it is no vector.
[[nodiscard]] std::vector<double> parse(std::string_view text);
// The same as single-precision numbers, each rounded from the double.
[[nodiscard]] std::vector<float> parse_floats(std::string_view text);

// How many components `text` seems to have: what libSQL compares before it parses.
[[nodiscard]] std::size_t apparent_dimensions(std::string_view text) noexcept;

// Each number with six significant digits, ties away from zero.
[[nodiscard]] std::string print(std::span<const double> values);

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_TEXT_H_
