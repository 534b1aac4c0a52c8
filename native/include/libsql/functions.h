// SQL functions, aggregates and collations written in C++, for local connections:
//
//   db.create_function(scalar("initials", [](std::string_view name) { return ...; },
//                             {.deterministic = true}));
//   db.create_function(aggregate<Median>("median"));
//   db.create_collation(collation("length", [](std::string_view a, std::string_view b) noexcept {
//     return a.size() <=> b.size(); }));
//
// Arguments are read as in Row::as(): strictly, with std::optional for NULL; what is returned is a
// value of value.h, `void` being NULL. A function of one `std::span<const ValueView>` takes any
// arguments. A function with the name and the number of arguments of another one replaces it.
//
// An exception ends the statement with an error: with the same one if it is a libsql::Error
// (would_block becomes error), otherwise with ErrorKind::error and its text.
//
// Called on the thread that runs the statement. A callback must not use its connection: whatever it
// calls throws ErrorKind::misuse, and close() does nothing but end the statement with that error.
#ifndef LIBSQL_FUNCTIONS_H_
#define LIBSQL_FUNCTIONS_H_

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "libsql/row.h"
#include "libsql/text.h"
#include "libsql/value.h"

namespace libsql {

struct FunctionOptions {
  // The same arguments always give the same result. Needed for indexes.
  bool deterministic = false;
  // May be called by views, triggers, constraints, generated columns and indexes: then whoever can
  // write the schema decides when it runs, so only without side effects. Who reads such a schema
  // without the function gets "no such function".
  bool in_schema = false;
};

// What an aggregate has seen of one group or window so far.
class AggregateState {
 public:
  AggregateState() = default;
  AggregateState(const AggregateState&) = delete;
  AggregateState& operator=(const AggregateState&) = delete;
  virtual ~AggregateState() = default;
  // A row joins.
  virtual void step(std::span<const ValueView> arguments) = 0;
  // A row that has joined leaves the window.
  virtual void inverse(std::span<const ValueView> arguments) = 0;
  // The result so far.
  [[nodiscard]] virtual Value result() = 0;
};

// A function as Connection::create_function() takes it; made by scalar() and aggregate().
struct FunctionDefinition {
  std::string name;
  int arguments = -1;  // -1: any number
  FunctionOptions options;
  // One of the two.
  std::function<Value(std::span<const ValueView>)> call;
  std::function<std::unique_ptr<AggregateState>()> begin;
  bool window = false;  // `begin` makes states with an inverse().
};

// A collation as Connection::create_collation() takes it; made by collation().
struct CollationDefinition {
  std::string name;
  // Negative, zero, positive. Throws nothing: SQLite's collations cannot fail.
  std::function<int(std::string_view, std::string_view)> compare;
};

namespace detail {

using AnyArguments = std::span<const ValueView>;

template <typename T>
concept FunctionArgument = SqlColumn<std::decay_t<T>>;
template <typename T>
concept FunctionResult = std::is_void_v<T> || SqlParameter<std::decay_t<T>>;

template <typename Result>
[[nodiscard]] Value to_value(const Result& result) {
  if constexpr (std::same_as<Result, ValueView>) {
    return result.to_value();
  } else {
    return Value(result);
  }
}

// Calls `function` with `values` read as `Arguments`.
template <typename Result, typename... Arguments>
struct Caller {
  static_assert(FunctionResult<Result>, "a function returns a value of value.h or nothing");
  static_assert((FunctionArgument<Arguments> && ...),
                "the arguments of a function are types that a column can be read as (row.h)");
  static constexpr int kCount = sizeof...(Arguments);

  template <typename Function>
  static Value call(Function&& function, AnyArguments values) {
    return call(std::forward<Function>(function), values, std::index_sequence_for<Arguments...>());
  }
  template <typename Function, std::size_t... Indexes>
  static Value call(Function&& function, AnyArguments values,
                    std::index_sequence<Indexes...> /*indexes*/) {
    if constexpr (std::is_void_v<Result>) {
      function(read_argument<std::decay_t<Arguments>>(values, Indexes)...);
      return {};
    } else {
      return to_value<std::decay_t<Result>>(
          function(read_argument<std::decay_t<Arguments>>(values, Indexes)...));
    }
  }
  template <typename T>
  static T read_argument(AnyArguments values, std::size_t index) {
    return read_column<T>(values[index], Place{"argument", index + 1});
  }
};
template <typename Result>
struct Caller<Result, AnyArguments> {
  static constexpr int kCount = -1;
  template <typename Function>
  static Value call(Function&& function, AnyArguments values) {
    if constexpr (std::is_void_v<Result>) {
      function(values);
      return {};
    } else {
      return to_value<std::decay_t<Result>>(function(values));
    }
  }
};

// The Caller for a callable whose signature is known: a function, or a lambda without `auto`.
template <typename Function>
struct SignatureOf : SignatureOf<decltype(&Function::operator())> {};
template <typename Result, typename... Arguments>
struct SignatureOf<Result (*)(Arguments...)> : Caller<Result, Arguments...> {};
template <typename Result, typename... Arguments>
struct SignatureOf<Result (*)(Arguments...) noexcept> : Caller<Result, Arguments...> {};
template <typename Result, typename Class, typename... Arguments>
struct SignatureOf<Result (Class::*)(Arguments...)> : Caller<Result, Arguments...> {};
template <typename Result, typename Class, typename... Arguments>
struct SignatureOf<Result (Class::*)(Arguments...) noexcept> : Caller<Result, Arguments...> {};
template <typename Result, typename Class, typename... Arguments>
struct SignatureOf<Result (Class::*)(Arguments...) const> : Caller<Result, Arguments...> {};
template <typename Result, typename Class, typename... Arguments>
struct SignatureOf<Result (Class::*)(Arguments...) const noexcept> : Caller<Result, Arguments...> {
};

template <typename State>
inline constexpr bool kHasInverse = requires {
  &State::inverse;
};

template <typename State>
class TypedState final : public AggregateState {
 public:
  using Signature = SignatureOf<decltype(&State::step)>;
  explicit TypedState(State state) : state_(std::move(state)) {}

  void step(AnyArguments arguments) override {
    Signature::call([this](auto&&... values) { state_.step(std::move(values)...); }, arguments);
  }
  void inverse(AnyArguments arguments) override {
    if constexpr (kHasInverse<State>) {
      Signature::call([this](auto&&... values) { state_.inverse(std::move(values)...); },
                      arguments);
    }
  }
  [[nodiscard]] Value result() override {
    return to_value<std::decay_t<decltype(state_.result())>>(state_.result());
  }

 private:
  State state_;
};

inline int sign_of(int order) noexcept { return order; }
inline int sign_of(std::weak_ordering order) noexcept {
  return std::is_lt(order) ? -1 : std::is_gt(order) ? 1 : 0;
}

}  // namespace detail

// A function of one row: `function` is called with its arguments, as often as SQLite likes.
template <typename Function>
[[nodiscard]] FunctionDefinition scalar(TextView name, Function function,
                                        const FunctionOptions& options = {}) {
  using Signature = detail::SignatureOf<Function>;
  FunctionDefinition definition;
  definition.name = std::string_view(name);
  definition.arguments = Signature::kCount;
  definition.options = options;
  definition.call = [function = std::move(function)](detail::AnyArguments values) mutable {
    return Signature::call(function, values);
  };
  return definition;
}

// A function of many rows. Each group begins with a copy of `initial`, whose step(arguments...) is
// called for its rows, and result() at the end. With inverse(arguments...) as well it also runs
// over windows that move (OVER ... ROWS BETWEEN ...): a row that has left takes back its step().
template <typename State>
requires std::copyable<State>
[[nodiscard]] FunctionDefinition aggregate(TextView name, const FunctionOptions& options = {},
                                           State initial = State()) {
  using Typed = detail::TypedState<State>;
  FunctionDefinition definition;
  definition.name = std::string_view(name);
  definition.arguments = Typed::Signature::kCount;
  definition.options = options;
  definition.window = detail::kHasInverse<State>;
  definition.begin = [initial = std::move(initial)] { return std::make_unique<Typed>(initial); };
  return definition;
}

// An order of texts, for COLLATE: `compare` returns an int or an ordering. It must be noexcept,
// because SQLite cannot be told that a comparison has failed, and must always order the same way,
// or indexes break.
template <typename Compare>
requires std::is_nothrow_invocable_v<Compare&, std::string_view, std::string_view>
[[nodiscard]] CollationDefinition collation(TextView name, Compare compare) {
  return {std::string(std::string_view(name)),
          [compare = std::move(compare)](std::string_view a, std::string_view b) mutable noexcept {
            return detail::sign_of(compare(a, b));
          }};
}

}  // namespace libsql

#endif  // LIBSQL_FUNCTIONS_H_
