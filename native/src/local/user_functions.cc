#include "local/user_functions.h"

#include <array>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "libsql/error.h"
#include "local/sql_value.h"
#include "local/sqlite.h"

namespace libsql::local {
namespace {

// What SQLite keeps of a function until it is replaced or the connection is closed.
struct Registered {
  FunctionDefinition definition;
  std::shared_ptr<Cancellation> cancellation;
};
struct RegisteredCollation {
  CollationDefinition definition;
  std::shared_ptr<Cancellation> cancellation;
};

template <typename T>
void destroy(void* kept) noexcept {
  const std::unique_ptr<T> owned(static_cast<T*>(kept));
}

// The arguments of one call; a few need no memory of their own.
class Views {
 public:
  Views(int count, sqlite3_value** values) {
    const auto size = static_cast<std::size_t>(count);
    if (size > few_.size()) many_.resize(size);
    const std::span<ValueView> views =
        size > few_.size() ? std::span<ValueView>(many_) : std::span<ValueView>(few_).first(size);
    for (std::size_t i = 0; i < size; ++i) read_value(values[i], views[i]);
    views_ = views;
  }
  [[nodiscard]] std::span<const ValueView> get() const noexcept { return views_; }

 private:
  std::array<ValueView, 4> few_;
  std::vector<ValueView> many_;
  std::span<const ValueView> views_;
};

void return_value(sqlite3_context* context, const Value& value) {
  const ValueView view = value;
  const std::string_view bytes = view.bytes();
  const char* const data = bytes.empty() ? "" : bytes.data();
  switch (view.type()) {
    case ValueType::null:
      return sqlite3_result_null(context);
    case ValueType::integer:
      return sqlite3_result_int64(context, view.integer());
    case ValueType::real:
      return sqlite3_result_double(context, view.real());
    case ValueType::text:
      return sqlite3_result_text64(context, data, bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    case ValueType::blob:
      return sqlite3_result_blob64(context, data, bytes.size(), SQLITE_TRANSIENT);
  }
}

// The rim of C: runs `work`, and tells SQLite and the cancellation how it has failed.
template <typename Work>
void at_rim(sqlite3_context* context, const Work& work) noexcept {
  const auto& function = *static_cast<Registered*>(sqlite3_user_data(context));
  Cancellation& cancellation = *function.cancellation;
  try {
    const Cancellation::CallbackScope scope(cancellation);
    try {
      work(function.definition);
    } catch (const std::bad_alloc&) {
      return sqlite3_result_error_nomem(context);
    } catch (...) {
      cancellation.keep_failure("the function " + function.definition.name);
    }
    // Also when the function has caught what a forbidden call has told it.
    if (cancellation.failure()) {
      sqlite3_result_error(context, cancellation.failure()->what(), -1);
    }
  } catch (const std::bad_alloc&) {  // of the failure
    sqlite3_result_error_nomem(context);
  }
}

void call_scalar(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  at_rim(context, [&](const FunctionDefinition& function) {
    const Views views(count, values);
    return_value(context, function.call(views.get()));
  });
}

// --- Aggregates ---

// In memory that SQLite keeps for a group, and sets to zero first.
struct Group {
  AggregateState* state;
};

// The group's state; made at its first row, or for the result of no rows.
AggregateState& state_of(sqlite3_context* context, const FunctionDefinition& function) {
  auto* const group = static_cast<Group*>(sqlite3_aggregate_context(context, sizeof(Group)));
  if (group == nullptr) throw std::bad_alloc();
  if (group->state == nullptr) group->state = function.begin().release();
  return *group->state;
}

void step(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  at_rim(context, [&](const FunctionDefinition& function) {
    const Views views(count, values);
    state_of(context, function).step(views.get());
  });
}

void inverse(sqlite3_context* context, int count, sqlite3_value** values) noexcept {
  at_rim(context, [&](const FunctionDefinition& function) {
    const Views views(count, values);
    state_of(context, function).inverse(views.get());
  });
}

void value(sqlite3_context* context) noexcept {
  at_rim(context, [&](const FunctionDefinition& function) {
    return_value(context, state_of(context, function).result());
  });
}

void finish(sqlite3_context* context) noexcept {
  // SQLite also ends groups of statements that have failed; their result is not asked for then.
  const auto& function = *static_cast<Registered*>(sqlite3_user_data(context));
  if (!function.cancellation->failure()) value(context);
  auto* const group = static_cast<Group*>(sqlite3_aggregate_context(context, 0));
  if (group == nullptr) return;
  const std::unique_ptr<AggregateState> state(std::exchange(group->state, nullptr));
}

// --- Collations ---

int compare(void* kept, int left_size, const void* left, int right_size,
            const void* right) noexcept {
  const auto& collation = *static_cast<RegisteredCollation*>(kept);
  const Cancellation::CallbackScope scope(*collation.cancellation);
  return collation.definition.compare(
      {static_cast<const char*>(left), static_cast<std::size_t>(left_size)},
      {static_cast<const char*>(right), static_cast<std::size_t>(right_size)});
}

void check_name(const std::string& name, std::string_view what) {
  constexpr std::size_t kLongest = 255;  // Source: sqlite.org/c3ref/create_function.html
  if (!name.empty() && name.size() <= kLongest && name.find('\0') == std::string::npos) return;
  throw Error(ErrorKind::invalid_argument, "not a name for a " + std::string(what) +
                                               " (1 to 255 bytes without zeros): '" +
                                               name.substr(0, 100) + "'");
}

}  // namespace

void create_function(sqlite3* db, std::shared_ptr<Cancellation> cancellation,
                     FunctionDefinition definition) {
  check_name(definition.name, "function");
  if (!definition.call && !definition.begin) {
    throw Error(ErrorKind::invalid_argument,
                "the function " + definition.name + " has nothing to call");
  }
  const int flags = SQLITE_UTF8 | (definition.options.deterministic ? SQLITE_DETERMINISTIC : 0) |
                    (definition.options.in_schema ? SQLITE_INNOCUOUS : SQLITE_DIRECTONLY);
  auto kept =
      std::make_unique<Registered>(Registered{std::move(definition), std::move(cancellation)});
  const FunctionDefinition& function = kept->definition;
  // SQLite owns `kept` from here on, also when it refuses.
  Registered* const owned = kept.release();
  const char* const name = function.name.c_str();
  int rc = SQLITE_OK;
  if (function.call) {
    rc = sqlite3_create_function_v2(db, name, function.arguments, flags, owned, &call_scalar,
                                    nullptr, nullptr, &destroy<Registered>);
  } else if (function.window) {
    rc = sqlite3_create_window_function(db, name, function.arguments, flags, owned, &step, &finish,
                                        &value, &inverse, &destroy<Registered>);
  } else {
    rc = sqlite3_create_function_v2(db, name, function.arguments, flags, owned, nullptr, &step,
                                    &finish, &destroy<Registered>);
  }
  check(db, rc);
}

void create_collation(sqlite3* db, std::shared_ptr<Cancellation> cancellation,
                      CollationDefinition definition) {
  check_name(definition.name, "collation");
  if (!definition.compare) {
    throw Error(ErrorKind::invalid_argument,
                "the collation " + definition.name + " has nothing to call");
  }
  auto kept = std::make_unique<RegisteredCollation>(
      RegisteredCollation{std::move(definition), std::move(cancellation)});
  const std::string name = kept->definition.name;
  check(db, sqlite3_create_collation_v2(db, name.c_str(), SQLITE_UTF8, kept.get(), &compare,
                                        &destroy<RegisteredCollation>));
  // Unlike a function, a collation that SQLite refuses stays ours.
  static_cast<void>(kept.release());
}

void remove_function(sqlite3* db, const std::string& name, int arguments) {
  check_name(name, "function");
  check(db, sqlite3_create_function_v2(db, name.c_str(), arguments, SQLITE_UTF8, nullptr, nullptr,
                                       nullptr, nullptr, nullptr));
}

void remove_collation(sqlite3* db, const std::string& name) {
  check_name(name, "collation");
  check(db, sqlite3_create_collation_v2(db, name.c_str(), SQLITE_UTF8, nullptr, nullptr, nullptr));
}

}  // namespace libsql::local
