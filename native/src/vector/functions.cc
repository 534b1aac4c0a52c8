#include "vector/functions.h"

#include <new>
#include <span>
#include <string>
#include <vector>

#include "core/page_forecast.h"
#include "vector/arguments.h"
#include "vector/blob.h"
#include "vector/distance.h"
#include "vector/failure.h"
#include "vector/kernels.h"
#include "vector/text.h"

namespace libsql::vector {

namespace {

using Values = std::span<sqlite3_value* const>;
using Function = void (*)(sqlite3_context*, Values);

// `function` as SQLite, which is written in C, calls it.
template <Function function>
void called_by_sqlite(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  try {
    function(context, Values(values, static_cast<std::size_t>(count)));
  } catch (const Failure& failure) {
    sqlite3_result_error(context, failure.what(), -1);
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  }
}

void return_blob(sqlite3_context* context, const std::string& bytes) {
  sqlite3_result_blob64(context, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
}

template <Element element>
void construct(sqlite3_context* context, Values values) {
  const Argument argument(values[0]);
  if (!argument.is_text()) {
    return_blob(context, convert(argument.view(), element));
  } else if (element == Element::float64) {
    return_blob(context, to_blob(parse(argument.text())));
  } else {
    return_blob(context, to_blob(element, parse_floats(argument.text())));
  }
}

void extract(sqlite3_context* context, Values values) {
  const Argument argument(values[0]);
  std::vector<double> numbers;
  if (argument.is_text()) {
    const std::vector<float> floats = parse_floats(argument.text());
    numbers.assign(floats.begin(), floats.end());
  } else {
    numbers = to_doubles(argument.view());
  }
  const std::string text = print(numbers);
  sqlite3_result_text64(context, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

// --- Distances ---

void check_comparable(const Argument& left, const Argument& right, Distance distance) {
  const auto differ = [](const char* what, std::size_t a, std::size_t b) {
    throw Failure(std::string("vector_distance: vectors must have the same ") + what + ": " +
                  std::to_string(a) + " != " + std::to_string(b));
  };
  if (left.element() != right.element()) {
    differ("type", static_cast<std::size_t>(left.element()),
           static_cast<std::size_t>(right.element()));
  }
  const std::size_t a = left.dimensions();
  const std::size_t b = right.dimensions();
  if (a != b) differ("length", a, b);
  if (left.element() == Element::float1bit && distance == &l2_distance) {
    throw Failure("vector_distance: l2 distance is not supported for float1bit vectors");
  }
}

// An argument as a vector, without a copy where it is one or was parsed for an earlier row.
class Operand {
 public:
  Operand(sqlite3_context* context, int index, const Argument& argument) {
    if (!argument.is_text()) {
      view_ = argument.view();
    } else {
      view_ = parsed(context, index, argument.text(), scratch_);
    }
  }
  [[nodiscard]] const View& view() const noexcept { return view_; }

 private:
  std::vector<float> scratch_;
  View view_;
};

void return_distance(sqlite3_context* context, double distance) {
  sqlite3_result_double(context, distance);  // A NaN becomes NULL.
}

// A text that is the same in each row has been parsed, and what its length is, is known.
template <Distance distance>
bool return_from_kept(sqlite3_context* context, Values values) {
  for (const int known : {1, 0}) {
    const std::vector<float>* const numbers = kept(context, known);
    if (numbers == nullptr) continue;
    sqlite3_value* const other_value = values[known == 1 ? 0 : 1];
    if (sqlite3_value_type(other_value) != SQLITE_BLOB) return false;
    const View other = Argument(other_value).view();
    if (other.element != Element::float32 || other.dimensions != numbers->size()) return false;
    const View query = view_of(*numbers);
    return_distance(context, known == 1 ? distance(other, query, kernels())
                                        : distance(query, other, kernels()));
    return true;
  }
  return false;
}

template <Distance distance>
void measure(sqlite3_context* context, Values values) {
  core::prefetch_next_pages();
  if (return_from_kept<distance>(context, values)) return;
  const Argument left(values[0]);
  const Argument right(values[1]);
  check_comparable(left, right, distance);
  const Operand a(context, 0, left);
  const Operand b(context, 1, right);
  return_distance(context, distance(a.view(), b.view(), kernels()));
}

bool is_vector(sqlite3_value* value) {
  try {
    const Argument argument(value);
    if (argument.is_text()) static_cast<void>(parse_floats(argument.text()));
    return true;
  } catch (const Failure&) {
    return false;
  }
}

// NULL for a vector: so an index on it holds no copy of the column, and a unique one refuses
// nothing.
void mark(sqlite3_context* context, Values values) {
  if (values.empty()) {
    throw Failure("wrong number of arguments to function libsql_vector_idx()");
  }
  if (!is_vector(values[0])) sqlite3_result_value(context, values[0]);
}

struct Registration {
  const char* name;
  int arguments;  // -1: any number.
  void (*function)(sqlite3_context*, int, sqlite3_value**);
};

constexpr Registration kFunctions[] = {
    {"vector", 1, &called_by_sqlite<&construct<Element::float32>>},
    {"vector32", 1, &called_by_sqlite<&construct<Element::float32>>},
    {"vector64", 1, &called_by_sqlite<&construct<Element::float64>>},
    {"vector16", 1, &called_by_sqlite<&construct<Element::float16>>},
    {"vectorb16", 1, &called_by_sqlite<&construct<Element::floatb16>>},
    {"vector8", 1, &called_by_sqlite<&construct<Element::float8>>},
    {"vector1bit", 1, &called_by_sqlite<&construct<Element::float1bit>>},
    {"vector_extract", 1, &called_by_sqlite<&extract>},
    {"vector_distance_cos", 2, &called_by_sqlite<&measure<&cosine_distance>>},
    {"vector_distance_l2", 2, &called_by_sqlite<&measure<&l2_distance>>},
};

}  // namespace

int register_functions(sqlite3* db) noexcept {
  constexpr int kPure = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  for (const Registration& each : kFunctions) {
    const int rc = sqlite3_create_function_v2(db, each.name, each.arguments, kPure, nullptr,
                                              each.function, nullptr, nullptr, nullptr);
    if (rc != SQLITE_OK) return rc;
  }
  return register_marker(db, Marker::usable);
}

int register_marker(sqlite3* db, Marker marker) noexcept {
  const int deterministic = marker == Marker::usable ? SQLITE_DETERMINISTIC : 0;
  return sqlite3_create_function_v2(db, "libsql_vector_idx", -1,
                                    SQLITE_UTF8 | SQLITE_INNOCUOUS | deterministic, nullptr,
                                    &called_by_sqlite<&mark>, nullptr, nullptr, nullptr);
}

}  // namespace libsql::vector
