// Reading the columns of a row, strictly.
#include "libsql/row.h"

#include <string>

#include "core/prepared_statement.h"
#include "libsql/error.h"

namespace libsql::detail {
namespace {

std::string_view name_of(ValueType type) noexcept {
  switch (type) {
    case ValueType::null:
      return "NULL";
    case ValueType::integer:
      return "an integer";
    case ValueType::real:
      return "a float";
    case ValueType::text:
      return "a text";
    case ValueType::blob:
      return "a blob";
  }
  return "a value";
}

std::string text(const Place& place) {
  const std::string which =
      place.name.empty() ? std::to_string(place.index) : '\'' + std::string(place.name) + '\'';
  return std::string(place.what) + ' ' + which;
}

std::size_t find_column(std::size_t count, std::string_view name, const auto& name_at) {
  const std::string column = "column '" + std::string(name) + "'";
  std::string others;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view other = name_at(i);
    others += (i == 0 ? "" : ", ") + std::string(other);
    if (other != name) continue;
    if (found) {
      throw Error(ErrorKind::invalid_argument,
                  "the row has more than one " + column + ": name them with AS");
    }
    found = i;
  }
  if (found) return *found;
  throw Error(ErrorKind::invalid_argument,
              "a field is read from the " + column + ", and the row has only " + others);
}

}  // namespace

void throw_wrong_column(const Place& place, const ValueView& value, std::string_view expected) {
  std::string message = text(place);
  if (value.is_null()) {
    message += " is NULL, not " + std::string(expected) + ": read it as a std::optional";
  } else {
    message += " holds " + std::string(name_of(value.type())) + ", not " + std::string(expected);
  }
  throw Error(ErrorKind::error, message);
}

void throw_does_not_fit(const Place& place, std::int64_t value, std::size_t bits, bool is_signed) {
  throw Error(ErrorKind::error, text(place) + ": " + std::to_string(value) +
                                    " does not fit an integer of " + std::to_string(bits) +
                                    (is_signed ? " bits with a sign" : " bits without a sign"));
}

void throw_column_count(std::size_t columns, std::size_t types) {
  throw Error(ErrorKind::invalid_argument, "the row has " + std::to_string(columns) +
                                               " columns, and is read as " + std::to_string(types));
}

void throw_column_index(int column, std::size_t columns) {
  throw Error(ErrorKind::invalid_argument, "column index " + std::to_string(column) +
                                               " is out of bounds: the row has " +
                                               std::to_string(columns) + " columns");
}

std::size_t column_named(const core::PreparedStatement* names, std::string_view name) {
  if (names == nullptr) {
    throw Error(ErrorKind::misuse,
                "a struct is read by the names of the columns, and this row has none: read it by "
                "position");
  }
  return find_column(static_cast<std::size_t>(names->run_column_count()), name,
                     [&](std::size_t i) { return names->run_column_name(static_cast<int>(i)); });
}

std::size_t column_named(std::span<const std::string_view> names, std::string_view name) {
  return find_column(names.size(), name, [&](std::size_t i) { return names[i]; });
}

std::int64_t read_integer(const ValueView& value, const Place& place) {
  if (value.type() != ValueType::integer) throw_wrong_column(place, value, "an integer");
  return value.integer();
}

bool read_bool(const ValueView& value, const Place& place) {
  const std::int64_t integer = read_integer(value, place);
  if (integer == 0 || integer == 1) return integer == 1;
  throw Error(ErrorKind::error,
              text(place) + ": " + std::to_string(integer) + " is neither 0 nor 1");
}

double read_real(const ValueView& value, const Place& place) {
  constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;
  if (value.type() == ValueType::real) return value.real();
  if (value.type() != ValueType::integer) throw_wrong_column(place, value, "a number");
  const std::int64_t integer = value.integer();
  if (integer >= -kLargestExact && integer <= kLargestExact) return static_cast<double>(integer);
  throw Error(ErrorKind::error, text(place) + ": the integer " + std::to_string(integer) +
                                    " beyond 2^53 is read as a float: that would not be exact");
}

std::string_view read_text(const ValueView& value, const Place& place) {
  if (value.type() != ValueType::text) throw_wrong_column(place, value, "a text");
  return value.bytes();
}

std::span<const std::byte> read_blob(const ValueView& value, const Place& place) {
  if (value.type() != ValueType::blob) throw_wrong_column(place, value, "a blob");
  return value.byte_span();
}

}  // namespace libsql::detail
