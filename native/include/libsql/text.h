// Texts that callers pass: std::string_view and std::string, except that a null pointer is an error
// of this library and not undefined behaviour.
#ifndef LIBSQL_TEXT_H_
#define LIBSQL_TEXT_H_

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "libsql/export.h"

namespace libsql {

namespace detail {
// Throws Error(invalid_argument, "a text is a null pointer").
[[noreturn]] LIBSQL_API void throw_null_text();
}  // namespace detail

// A borrowed text as an argument: for the call only. Made from a std::string_view, whatever
// converts to one, and a zero-terminated string. `nullptr` itself does not compile.
class TextView {
 public:
  // NOLINTBEGIN(google-explicit-constructor): a text is a view of itself
  // Errors: invalid_argument for a null pointer.
  constexpr TextView(const char* text) : text_(not_null(text)) {}
  template <typename T>
  requires std::convertible_to<const T&, std::string_view> &&
      (!std::convertible_to<const T&, const char*>)constexpr TextView(const T& text) noexcept(
          noexcept(std::string_view(text)))
      : text_(text) {}
  TextView(std::nullptr_t) = delete;
  constexpr operator std::string_view() const noexcept { return text_; }
  // NOLINTEND(google-explicit-constructor)

 private:
  static constexpr const char* not_null(const char* text) {
    if (text == nullptr) detail::throw_null_text();
    return text;
  }
  std::string_view text_;
};

// An owned text, as a member of what callers fill in (Options) and as an argument that is kept.
class Text {
 public:
  Text() = default;
  // NOLINTBEGIN(google-explicit-constructor): a text is a copy of itself
  // Errors: invalid_argument for a null pointer.
  Text(const char* text) : text_(std::string_view(TextView(text))) {}
  Text(std::string text) noexcept : text_(std::move(text)) {}
  Text(std::string_view text) : text_(text) {}
  Text(std::nullptr_t) = delete;
  operator const std::string&() const noexcept { return text_; }
  operator std::string_view() const noexcept { return text_; }
  // NOLINTEND(google-explicit-constructor)

  [[nodiscard]] const std::string& str() const& noexcept { return text_; }
  [[nodiscard]] std::string str() && noexcept { return std::move(text_); }
  [[nodiscard]] bool empty() const noexcept { return text_.empty(); }

  [[nodiscard]] friend bool operator==(const Text& left, const Text& right) noexcept {
    return left.text_ == right.text_;
  }

 private:
  std::string text_;
};

}  // namespace libsql

#endif  // LIBSQL_TEXT_H_
