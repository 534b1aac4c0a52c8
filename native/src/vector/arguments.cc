#include "vector/arguments.h"

#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "vector/failure.h"
#include "vector/text.h"

namespace libsql::vector {

namespace {

const char* class_name(int type) {
  switch (type) {
    case SQLITE_INTEGER:
      return "INTEGER";
    case SQLITE_FLOAT:
      return "FLOAT";
    default:
      return "NULL";
  }
}

void forget(void* values) noexcept {
  const std::unique_ptr<std::vector<float>> owner(static_cast<std::vector<float>*>(values));
}

}  // namespace

Argument::Argument(sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
    throw Failure(std::string("vector: unexpected value type: got ") + class_name(type) +
                  ", expected TEXT or BLOB");
  }
  is_text_ = type == SQLITE_TEXT;
  // SQLite hands out a null pointer for an empty blob, and where memory is short.
  const void* const data =
      is_text_ ? static_cast<const void*>(sqlite3_value_text(value)) : sqlite3_value_blob(value);
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(value));
  if (data == nullptr && (is_text_ || size > 0)) throw std::bad_alloc();
  if (is_text_) {
    text_ = {static_cast<const char*>(data), size};
  } else {
    view_ = view_blob({static_cast<const std::byte*>(data), size});
  }
}

std::size_t Argument::dimensions() const noexcept {
  return is_text_ ? apparent_dimensions(text_) : view_.dimensions;
}

View view_of(const std::vector<float>& values) noexcept {
  View view;
  view.dimensions = values.size();
  view.data = std::as_bytes(std::span(values)).data();
  return view;
}

const std::vector<float>* kept(sqlite3_context* context, int index) noexcept {
  return static_cast<const std::vector<float>*>(sqlite3_get_auxdata(context, index));
}

View parsed(sqlite3_context* context, int index, std::string_view text,
            std::vector<float>& scratch) {
  scratch = parse_floats(text);
  auto copy = std::make_unique<std::vector<float>>(scratch);
  // Takes the copy, and destroys it at once if it cannot keep it.
  sqlite3_set_auxdata(context, index, copy.release(), &forget);
  return view_of(scratch);
}

}  // namespace libsql::vector
