// A row of a result: a view of its values that reads them as types of C++, strictly.
//
//   std::int64_t, int, ... any integer type but the character types   an INTEGER that fits it
//   bool                                     an INTEGER that is 0 or 1
//   double, float                            a REAL; an INTEGER up to 2^53, which is then exact
//   std::string, std::string_view            a TEXT
//   Blob, std::span<const std::byte>         a BLOB
//   std::optional of one of these            NULL, or as the type itself
//   Value, ValueView                         anything
//   a type with a Conversion (value.h)       what its from_sql() takes; std::chrono: see time.h
// Nothing else is converted: a NULL read as a number is an error, not 0.
// A row is read as a tuple of these, by position, or as a struct of these, by name (fields.h).
#ifndef LIBSQL_ROW_H_
#define LIBSQL_ROW_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "libsql/export.h"
#include "libsql/fields.h"
#include "libsql/value.h"

namespace libsql {

namespace core {
class PreparedStatement;
}  // namespace core

template <typename T>
concept ReadableInteger =
    std::integral<T> && !OneOf<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;
// Points to the bytes of the row it is read from.
template <typename T>
concept BorrowedColumn =
    OneOf<T, std::string_view, ValueView, std::span<const std::byte>,
          std::optional<std::string_view>, std::optional<std::span<const std::byte>>>;
template <typename T>
concept ConvertedColumn = requires(const ValueView& value) {
  { Conversion<T>::from_sql(value) } -> std::same_as<T>;
};
template <typename T>
concept PlainColumn = ReadableInteger<T> || BorrowedColumn<T> || ConvertedColumn<T> ||
    OneOf<T, bool, double, float, std::string, Blob, Value>;
template <typename T>
inline constexpr bool kIsOptionalColumn = false;
template <PlainColumn T>
inline constexpr bool kIsOptionalColumn<std::optional<T>> = true;
// What a column can be read as.
template <typename T>
concept SqlColumn = PlainColumn<T> || kIsOptionalColumn<T>;
// The same without views, for rows that are gone when the call returns.
template <typename T>
concept OwnedColumn = SqlColumn<T> && !BorrowedColumn<T>;

namespace detail {
template <typename Fields>
inline constexpr bool kAreColumns = false;
template <typename... Structs, typename... Types>
inline constexpr bool kAreColumns<std::tuple<Field<Structs, Types>...>> =
    ((SqlColumn<Types> && !std::is_const_v<Types>)&&...);
template <typename Fields>
inline constexpr bool kAreOwned = false;
template <typename... Structs, typename... Types>
inline constexpr bool kAreOwned<std::tuple<Field<Structs, Types>...>> = (OwnedColumn<Types> && ...);
}  // namespace detail

// A struct that is made empty, and whose fields a row fills in.
template <typename T>
concept ReadableStruct = SqlStruct<T> && std::default_initializable<T> && !SqlColumn<T> &&
                         detail::kAreColumns<std::remove_cv_t<decltype(T::sql_fields())>>;
// The same without views.
template <typename T>
concept OwnedStruct =
    ReadableStruct<T> && detail::kAreOwned<std::remove_cv_t<decltype(T::sql_fields())>>;

namespace detail {

// Where a value comes from, for errors: "column 0", or "column 'title'" with a name.
struct Place {
  std::string_view what;
  std::size_t index;
  std::string_view name = {};
};

// Errors: error, naming the place and what it holds.
[[noreturn]] LIBSQL_API void throw_wrong_column(const Place& place, const ValueView& value,
                                                std::string_view expected);
[[noreturn]] LIBSQL_API void throw_does_not_fit(const Place& place, std::int64_t value,
                                                std::size_t bits, bool is_signed);
// Errors: invalid_argument.
[[noreturn]] LIBSQL_API void throw_column_count(std::size_t columns, std::size_t types);
[[noreturn]] LIBSQL_API void throw_column_index(int column, std::size_t columns);

// The position of the column of that name. Errors: invalid_argument unless there is exactly one;
// misuse without names.
[[nodiscard]] LIBSQL_API std::size_t column_named(const core::PreparedStatement* names,
                                                  std::string_view name);
[[nodiscard]] LIBSQL_API std::size_t column_named(std::span<const std::string_view> names,
                                                  std::string_view name);
// The columns of a result that the fields of `T` are read from, in the order of the fields.
template <ReadableStruct T>
using FieldColumns = std::array<std::size_t, std::tuple_size_v<decltype(T::sql_fields())>>;
template <ReadableStruct T>
[[nodiscard]] FieldColumns<T> field_columns(const auto& names) {
  return std::apply(
      [&](const auto&... fields) { return FieldColumns<T>{column_named(names, fields.name)...}; },
      T::sql_fields());
}

// Throw unless the value is of that kind.
[[nodiscard]] LIBSQL_API std::int64_t read_integer(const ValueView& value, const Place& place);
[[nodiscard]] LIBSQL_API bool read_bool(const ValueView& value, const Place& place);
[[nodiscard]] LIBSQL_API double read_real(const ValueView& value, const Place& place);
[[nodiscard]] LIBSQL_API std::string_view read_text(const ValueView& value, const Place& place);
[[nodiscard]] LIBSQL_API std::span<const std::byte> read_blob(const ValueView& value,
                                                              const Place& place);

template <SqlColumn T>
[[nodiscard]] T read_column(const ValueView& value, const Place& place) {
  if constexpr (kIsOptionalColumn<T>) {
    if (value.is_null()) return std::nullopt;
    return read_column<typename T::value_type>(value, place);
  } else if constexpr (ConvertedColumn<T>) {
    return Conversion<T>::from_sql(value);
  } else if constexpr (std::same_as<T, bool>) {
    return read_bool(value, place);
  } else if constexpr (ReadableInteger<T>) {
    const std::int64_t integer = read_integer(value, place);
    if (!std::in_range<T>(integer)) {
      throw_does_not_fit(place, integer, sizeof(T) * 8, std::signed_integral<T>);
    }
    return static_cast<T>(integer);
  } else if constexpr (OneOf<T, double, float>) {
    return static_cast<T>(read_real(value, place));
  } else if constexpr (OneOf<T, std::string, std::string_view>) {
    return T(read_text(value, place));
  } else if constexpr (std::same_as<T, Blob>) {
    const std::span<const std::byte> bytes = read_blob(value, place);
    return Blob(bytes.begin(), bytes.end());
  } else if constexpr (std::same_as<T, std::span<const std::byte>>) {
    return read_blob(value, place);
  } else if constexpr (std::same_as<T, Value>) {
    return value.to_value();
  } else {
    return value;
  }
}

}  // namespace detail

// The values of a row, as a span of views. Valid until the statement's or cursor's next step,
// reset or destruction, and so is every view that is read from it.
class Row : public std::span<const ValueView> {
 public:
  constexpr Row() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a row is its values
  constexpr Row(std::span<const ValueView> values) noexcept : span(values) {}
  // With the names of the columns, which structs need.
  constexpr Row(std::span<const ValueView> values, const core::PreparedStatement& names) noexcept
      : span(values), names_(&names) {}

  // All columns, one type for each:
  //   const auto [id, title] = row.as<std::int64_t, std::string_view>();
  // Errors: invalid_argument unless there are as many columns as types; error for a value that is
  // not what the table above says.
  template <SqlColumn... Columns>
  [[nodiscard]] std::tuple<Columns...> as() const {
    if (size() != sizeof...(Columns)) detail::throw_column_count(size(), sizeof...(Columns));
    return read<Columns...>(std::index_sequence_for<Columns...>());
  }

  // The fields of a struct (fields.h), each from the column of its name; other columns are not
  // read.
  //   const Book book = row.as<Book>();
  // Errors: invalid_argument, with its name, for a field whose column is missing or there twice;
  // error for a value that is not what the table above says; misuse for a row without names, as a
  // Receiver's.
  template <ReadableStruct T>
  [[nodiscard]] T as() const {
    return as<T>(columns_of<T>());
  }
  // The same in two steps, for the many rows of one result.
  template <ReadableStruct T>
  [[nodiscard]] detail::FieldColumns<T> columns_of() const {
    return detail::field_columns<T>(names_);
  }
  template <ReadableStruct T>
  [[nodiscard]] T as(const detail::FieldColumns<T>& columns) const {
    T object{};
    const auto* column = columns.data();
    std::apply([&](const auto&... fields) { (read_field(object, fields, *column++), ...); },
               T::sql_fields());
    return object;
  }

  // One column, counted from 0. Errors: invalid_argument beyond the last; as as().
  template <SqlColumn T>
  [[nodiscard]] T get(int column) const {
    const auto index = static_cast<std::size_t>(column);
    if (column < 0 || index >= size()) detail::throw_column_index(column, size());
    return detail::read_column<T>((*this)[index], {"column", index});
  }

 private:
  template <typename... Columns, std::size_t... Indexes>
  [[nodiscard]] std::tuple<Columns...> read(std::index_sequence<Indexes...> /*indexes*/) const {
    // Braces: from left to right.
    return std::tuple<Columns...>{
        detail::read_column<Columns>((*this)[Indexes], {"column", Indexes})...};
  }
  template <typename T, typename Struct, typename Member>
  void read_field(T& object, const Field<Struct, Member>& field, std::size_t column) const {
    object.*field.member =
        detail::read_column<Member>((*this)[column], {"column", column, field.name});
  }

  const core::PreparedStatement* names_ = nullptr;
};

}  // namespace libsql

#endif  // LIBSQL_ROW_H_
