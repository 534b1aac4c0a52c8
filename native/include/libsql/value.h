// SQL values: `ValueView` borrows its bytes, `Value` owns them.
//
// What converts to a value is a closed list, `SqlValue`; nothing is converted to one of these types
// on the way:
//   an integer of at most 64 bits with a sign, or of at most 32 without   INTEGER
//   bool                                                                  INTEGER, 0 or 1
//   float, double                                                         REAL
//   std::string, std::string_view, char*, a string literal                TEXT
//   Blob, std::span<const std::byte>                                      BLOB
//   nullptr, std::nullopt, a char* that is null                           NULL
//   std::optional of one of these                                         NULL or that
// A type of your own joins as a parameter and as a column through Conversion (below);
// std::chrono::sys_time does so in time.h. Everything else does not compile, so that the caller
// says what is meant: std::uint64_t (which number beyond 2^63?), enumerations and std::byte, the
// character types `char`, `wchar_t` and `charN_t` (a number or a text?), long double, and pointers
// to anything but char.
#ifndef LIBSQL_VALUE_H_
#define LIBSQL_VALUE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "libsql/export.h"
#include "libsql/text.h"

namespace libsql {

// The storage classes of SQLite. Source: sqlite.org/datatype3.html
enum class ValueType : std::uint8_t { null, integer, real, text, blob };

using Blob = std::vector<std::byte>;
class Value;
class ValueView;

template <typename T, typename... Types>
concept OneOf = (std::same_as<T, Types> || ...);

// `signed char` and `unsigned char` are numbers: std::int8_t and std::uint8_t are these.
template <typename T>
concept SqlInteger =
    std::is_integral_v<T> && !OneOf<T, bool, char, wchar_t, char8_t, char16_t, char32_t> &&
    (sizeof(T) < 8 || (sizeof(T) == 8 && std::is_signed_v<T>));
template <typename T>
concept SqlReal = OneOf<T, float, double>;
template <typename T>
concept SqlNull = OneOf<T, std::nullptr_t, std::nullopt_t>;
template <typename T>
concept CharPointer = OneOf<T, const char*, char*>;
template <typename T>
concept SqlBytes = OneOf<T, std::span<const std::byte>, std::span<std::byte>>;
template <typename T>
concept SqlScalar = SqlInteger<T> || SqlReal<T> || SqlNull<T> || CharPointer<T> || SqlBytes<T> ||
    OneOf<T, bool, std::string, std::string_view, Blob, Value, ValueView>;

template <typename T>
inline constexpr bool kIsOptional = false;
template <typename T>
inline constexpr bool kIsOptional<std::optional<T>> = true;
template <typename T>
concept SqlOptional = kIsOptional<T> && SqlScalar<typename T::value_type>;

// The closed list, and the two classes below. Arrays of char count as pointers to them.
template <typename T>
concept SqlValue = SqlScalar<T> || SqlOptional<T>;

// How a type of your own is stored and read; specialise it before the type's first use:
//   template <>
//   struct libsql::Conversion<Isbn> {
//     static std::string to_sql(const Isbn& isbn);         // a type of the closed list
//     static Isbn from_sql(const libsql::ValueView& value);  // throws what the caller shall get
//   };
template <typename T>
struct Conversion;

// A type with a Conversion to SQL.
template <typename T>
concept Converted = (!SqlValue<T>)&&requires(const T& value) {
  { Conversion<T>::to_sql(value) } -> SqlValue;
};
// What a parameter may be.
template <typename T>
concept SqlParameter = SqlValue<T> || Converted<T>;

// An owned SQL value: a std::variant that is made from the closed list only.
class LIBSQL_API Value
    : public std::variant<std::monostate, std::int64_t, double, std::string, Blob> {
 public:
  // NULL.
  Value() noexcept = default;
  // NOLINTBEGIN(google-explicit-constructor): a value is a copy of itself
  template <SqlNull T>
  Value(T /*null*/) noexcept {}
  template <SqlInteger T>
  Value(T value) noexcept : variant(std::in_place_type<std::int64_t>, value) {}
  template <std::same_as<bool> T>
  Value(T value) noexcept : variant(std::in_place_type<std::int64_t>, value ? 1 : 0) {}
  template <SqlReal T>
  Value(T value) noexcept : variant(std::in_place_type<double>, value) {}
  template <std::same_as<std::string> T>
  Value(T text) noexcept : variant(std::in_place_type<std::string>, std::move(text)) {}
  template <std::same_as<std::string_view> T>
  Value(T text) : variant(std::in_place_type<std::string>, text) {}
  template <CharPointer T>
  Value(T text) {
    if (text != nullptr) emplace<std::string>(text);
  }
  template <std::same_as<Blob> T>
  Value(T bytes) noexcept : variant(std::in_place_type<Blob>, std::move(bytes)) {}
  template <SqlBytes T>
  Value(T bytes) : variant(std::in_place_type<Blob>, bytes.begin(), bytes.end()) {}
  template <SqlOptional T>
  Value(const T& value) {
    if (value) *this = Value(*value);
  }
  template <Converted T>
  Value(const T& value) : Value(Conversion<T>::to_sql(value)) {}
  // NOLINTEND(google-explicit-constructor)
};

// A borrowed SQL value: valid for as long as the bytes it points to. A view of a result column is
// valid until the statement's next step(), reset() or destruction.
class LIBSQL_API ValueView {
 public:
  constexpr ValueView() noexcept : integer_(0) {}
  // NOLINTBEGIN(google-explicit-constructor): a value is a view of itself
  template <SqlNull T>
  constexpr ValueView(T /*null*/) noexcept : ValueView() {}
  template <SqlInteger T>
  constexpr ValueView(T value) noexcept
      : type_(ValueType::integer), integer_(static_cast<std::int64_t>(value)) {}
  template <std::same_as<bool> T>
  constexpr ValueView(T value) noexcept : ValueView(value ? 1 : 0) {}
  template <SqlReal T>
  constexpr ValueView(T value) noexcept : type_(ValueType::real), real_(value) {}
  template <std::same_as<std::string_view> T>
  constexpr ValueView(T text) noexcept
      : type_(ValueType::text), integer_(0), data_(text.data()), size_(text.size()) {}
  template <CharPointer T>
  constexpr ValueView(T text) noexcept
      : ValueView(text == nullptr ? ValueView() : ValueView(std::string_view(text))) {}
  template <std::same_as<std::string> T>
  ValueView(const T& text) noexcept : ValueView(std::string_view(text)) {}
  template <std::same_as<Blob> T>
  ValueView(const T& bytes) noexcept : ValueView(std::span<const std::byte>(bytes)) {}
  template <SqlBytes T>
  ValueView(T bytes) noexcept
      : ValueView(blob({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {}
  template <SqlOptional T>
  constexpr ValueView(const T& value) noexcept
      : ValueView(value ? ValueView(*value) : ValueView()) {}
  template <std::same_as<Value> T>
  ValueView(const T& value) noexcept : ValueView(of(value)) {}
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] static constexpr ValueView blob(std::string_view bytes) noexcept {
    ValueView view(bytes);
    view.type_ = ValueType::blob;
    return view;
  }

  [[nodiscard]] constexpr ValueType type() const noexcept { return type_; }
  [[nodiscard]] constexpr bool is_null() const noexcept { return type_ == ValueType::null; }
  // The integer; 0 unless type() is integer.
  [[nodiscard]] constexpr std::int64_t integer() const noexcept {
    return type_ == ValueType::integer ? integer_ : 0;
  }
  // The float; 0.0 unless type() is real.
  [[nodiscard]] constexpr double real() const noexcept {
    return type_ == ValueType::real ? real_ : 0.0;
  }
  // The bytes of a text or a blob; empty for the other types. Not zero-terminated.
  [[nodiscard]] constexpr std::string_view bytes() const noexcept { return {data_, size_}; }
  // The same bytes, as a blob's.
  [[nodiscard]] std::span<const std::byte> byte_span() const noexcept {
    return {reinterpret_cast<const std::byte*>(data_), size_};
  }

  // An owned copy.
  [[nodiscard]] Value to_value() const;

 private:
  [[nodiscard]] static ValueView of(const Value& value) noexcept;

  ValueType type_ = ValueType::null;
  union {
    std::int64_t integer_;
    double real_;
  };
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// A value converted to `Optional`, if there is one: std::optional of a type with a Conversion.
template <Converted T>
struct Conversion<std::optional<T>> {
  static Value to_sql(const std::optional<T>& value) { return value ? Value(*value) : Value(); }
};

// True when `bytes` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] LIBSQL_API bool is_utf8(TextView bytes) noexcept;

}  // namespace libsql

#endif  // LIBSQL_VALUE_H_
