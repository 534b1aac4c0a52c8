// Arguments of SQL functions as vectors, where they lie in SQLite's memory if possible.
#ifndef LIBSQL_VECTOR_ARGUMENTS_H_
#define LIBSQL_VECTOR_ARGUMENTS_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include <sqlite3.h>

#include "vector/blob.h"

namespace libsql::vector {

// One argument: text, or a blob that holds a vector. Valid while the function runs.
class Argument {
 public:
  // Throws Failure if the value is neither, std::bad_alloc.
  explicit Argument(sqlite3_value* value);

  [[nodiscard]] bool is_text() const noexcept { return is_text_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  // The vector of a blob.
  [[nodiscard]] const View& view() const noexcept { return view_; }
  // Texts are float32.
  [[nodiscard]] Element element() const noexcept { return view_.element; }
  // Of a text, what it seems to have.
  [[nodiscard]] std::size_t dimensions() const noexcept;

 private:
  bool is_text_;
  std::string_view text_;
  View view_;
};

// The float32 vector of the function's argument `index`, which is a text. Parsed once for as long
// as SQLite knows the argument to be the same from call to call, and else into `scratch`. Throws
// Failure if the text is no vector, std::bad_alloc.
[[nodiscard]] View parsed(sqlite3_context* context, int index, std::string_view text,
                          std::vector<float>& scratch);
// What parsed() kept for this argument; null if nothing.
[[nodiscard]] const std::vector<float>* kept(sqlite3_context* context, int index) noexcept;
// The vector that `values` are.
[[nodiscard]] View view_of(const std::vector<float>& values) noexcept;

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_ARGUMENTS_H_
