// SQL values: `ValueView` borrows its bytes, `Value` owns them.
#ifndef LIBSQL_VALUE_H_
#define LIBSQL_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace libsql {

// The storage classes of SQLite. Source: sqlite.org/datatype3.html
enum class ValueType : std::uint8_t { null, integer, real, text, blob };

using Blob = std::vector<std::byte>;

// An owned SQL value.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

// Any integer type that fits 64 bits signed.
template <typename T>
concept SqlInteger =
    std::is_integral_v<T> && !std::is_same_v<T, bool> && (sizeof(T) < 8 || std::is_signed_v<T>);
template <typename T>
concept NoSqlType = std::is_integral_v<T> && !SqlInteger<T>;

// A borrowed SQL value: valid for as long as the bytes it points to. A view of a result column is
// valid until the statement's next step(), reset() or destruction.
class ValueView {
 public:
  constexpr ValueView() noexcept : integer_(0) {}
  // NOLINTBEGIN(google-explicit-constructor): a value is a view of itself
  template <SqlInteger T>
  constexpr ValueView(T value) noexcept
      : type_(ValueType::integer), integer_(static_cast<std::int64_t>(value)) {}
  // Truth values and std::uint64_t have no SQL type of their own: the caller says which number.
  template <NoSqlType T>
  ValueView(T value) = delete;
  constexpr ValueView(double value) noexcept : type_(ValueType::real), real_(value) {}
  constexpr ValueView(std::string_view text) noexcept
      : type_(ValueType::text), integer_(0), data_(text.data()), size_(text.size()) {}
  constexpr ValueView(const char* text) noexcept : ValueView(std::string_view(text)) {}
  ValueView(const std::string& text) noexcept : ValueView(std::string_view(text)) {}
  ValueView(const Blob& bytes) noexcept
      : ValueView(blob({reinterpret_cast<const char*>(bytes.data()), bytes.size()})) {}
  // SQL's NULL.
  constexpr ValueView(std::nullptr_t) noexcept : ValueView() {}
  ValueView(const Value& value) noexcept;
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

  // An owned copy.
  [[nodiscard]] Value to_value() const;

 private:
  ValueType type_ = ValueType::null;
  union {
    std::int64_t integer_;
    double real_;
  };
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

// True when `bytes` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace libsql

#endif  // LIBSQL_VALUE_H_
