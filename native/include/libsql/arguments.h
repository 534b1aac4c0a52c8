// What stands behind the SQL in execute(), query() and their kin:
//
//   values, by position      db.execute("... VALUES (?, ?)", 7, "Dune");
//   named values             db.execute("... VALUES (:id, :title)", named("id", 7),
//                                       named("title", "Dune"));
//   one struct (fields.h), whose fields are the names; those that the statement does not mention
//   are not used:
//     db.execute("... VALUES (:id, :title)", book);
//
// Names go with or without their prefix. A parameter without a value is an error, and so is a
// named() value without a parameter.
#ifndef LIBSQL_ARGUMENTS_H_
#define LIBSQL_ARGUMENTS_H_

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "libsql/fields.h"
#include "libsql/text.h"
#include "libsql/value.h"

namespace libsql {

// A value and the name of the parameter it is for. Both are borrowed.
struct NamedView {
  std::string_view name;
  ValueView value;
};
// What to do with a name that the statement does not have.
enum class Unused { refuse, ignore };

// A named argument: see named().
template <typename T>
struct Named {
  std::string_view name;
  T value;
};
// An argument with a name; a temporary value moves into it, any other is borrowed.
template <typename T>
requires SqlParameter<std::decay_t<T>>
[[nodiscard]] Named<T> named(TextView name, T&& value) { return {name, std::forward<T>(value)}; }

template <typename T>
inline constexpr bool kIsNamed = false;
template <typename T>
inline constexpr bool kIsNamed<Named<T>> = true;
template <typename T>
concept NamedArgument = kIsNamed<T>;
// Values, or named values, or one struct.
template <typename... Arguments>
concept SqlArguments = (SqlParameter<std::decay_t<Arguments>> && ...) ||
                       (NamedArgument<Arguments> && ...) ||
                       (sizeof...(Arguments) == 1 && (SqlStruct<Arguments> && ...));

namespace detail {

// Arguments as a statement takes them: one of the two lists.
struct ArgumentViews {
  std::span<const ValueView> positional;
  std::span<const NamedView> named;
  bool by_name = false;
  Unused unused = Unused::refuse;
};

// One argument, with what its view points to.
template <typename T>
struct Argument {
  explicit Argument(const T& value) noexcept : view(value) {}
  ValueView view;
};
template <Converted T>
struct Argument<T> {
  explicit Argument(const T& value) : stored(Conversion<T>::to_sql(value)), view(stored) {}
  Argument(const Argument&) = delete;
  Argument& operator=(const Argument&) = delete;
  ~Argument() = default;
  std::decay_t<decltype(Conversion<T>::to_sql(std::declval<const T&>()))> stored;
  ValueView view;
};

// The arguments' temporaries live as long as these calls.
template <typename Use, typename... Values>
decltype(auto) use_positional(const Use& use, const Argument<Values>&... values) {
  const std::array<ValueView, sizeof...(Values)> views = {values.view...};
  return use(ArgumentViews{views, {}});
}
template <typename Use, std::size_t count, typename... Values>
decltype(auto) use_named(const Use& use, Unused unused,
                         const std::array<std::string_view, count>& names,
                         const Argument<Values>&... values) {
  std::array<NamedView, count> views;
  const std::array<ValueView, count> given = {values.view...};
  for (std::size_t i = 0; i < count; ++i) views[i] = {names[i], given[i]};
  return use(ArgumentViews{{}, views, true, unused});
}

// Calls `use` with the views of `arguments`.
template <typename Use, typename... Arguments>
decltype(auto) with_arguments(const Use& use, const Arguments&... arguments) {
  if constexpr ((SqlParameter<std::decay_t<Arguments>> && ...)) {
    return use_positional(use, Argument<std::decay_t<const Arguments&>>(arguments)...);
  } else if constexpr ((NamedArgument<Arguments> && ...)) {
    const std::array<std::string_view, sizeof...(Arguments)> names = {arguments.name...};
    return use_named(use, Unused::refuse, names,
                     Argument<std::decay_t<decltype(arguments.value)>>(arguments.value)...);
  } else {
    const auto& one = std::get<0>(std::tie(arguments...));
    return std::apply(
        [&](const auto&... fields) -> decltype(auto) {
          const std::array<std::string_view, sizeof...(fields)> names = {fields.name...};
          return use_named(
              use, Unused::ignore, names,
              Argument<std::decay_t<decltype(one.*fields.member)>>(one.*fields.member)...);
        },
        std::decay_t<decltype(one)>::sql_fields());
  }
}

}  // namespace detail

}  // namespace libsql

#endif  // LIBSQL_ARGUMENTS_H_
