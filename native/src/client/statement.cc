// The public Statement: checks arguments, the session's statement does the work.
#include "libsql/statement.h"

#include <utility>

#include "core/session.h"
#include "libsql/error.h"

namespace libsql {
namespace {

void check_index(std::string_view what, int index, int first, int last) {
  if (index >= first && index <= last) return;
  throw Error(ErrorKind::invalid_argument, std::string(what) + " index " + std::to_string(index) +
                                               " is out of bounds (" + std::to_string(first) +
                                               " to " + std::to_string(last) + ")");
}

}  // namespace

Statement::Statement(std::shared_ptr<core::Session> session,
                     std::unique_ptr<core::PreparedStatement> impl)
    : session_(std::move(session)), impl_(std::move(impl)) {}

Statement::Statement(Statement&&) noexcept = default;

Statement& Statement::operator=(Statement&& other) noexcept {
  if (this != &other) {
    give_back();
    session_ = std::move(other.session_);
    impl_ = std::move(other.impl_);
    kept_ = std::move(other.kept_);
  }
  return *this;
}

Statement::~Statement() { give_back(); }

void Statement::give_back() noexcept {
  if (impl_ != nullptr) session_->give_back(std::move(impl_));
}

core::PreparedStatement& Statement::impl() const {
  if (impl_ == nullptr) throw Error(ErrorKind::closed, "the statement has been moved away");
  return *impl_;
}

std::string_view Statement::sql() const noexcept {
  return impl_ == nullptr ? std::string_view() : impl_->sql();
}
StatementKind Statement::kind() const noexcept {
  return impl_ == nullptr ? StatementKind::unknown : impl_->kind();
}
bool Statement::read_only() const { return impl().read_only(); }
StatementCounters Statement::counters() const { return impl().counters(); }

int Statement::parameter_count() const { return impl().parameter_count(); }

std::string_view Statement::parameter_name(int index) const {
  check_index("parameter", index, 1, parameter_count());
  return impl().parameter_name(index);
}

int Statement::parameter_index(TextView text) const {
  const std::string_view name = text;
  return name.find('\0') == std::string_view::npos ? impl().parameter_index(name) : 0;
}

bool Statement::returns_rows() const { return impl().run_column_count() > 0; }

int Statement::column_count() const { return impl().column_count(); }

std::string_view Statement::column_name(int index) const {
  check_index("column", index, 0, column_count() - 1);
  return impl().column_name(index);
}

std::vector<ColumnInfo> Statement::columns() const { return impl().columns(); }

int Statement::run_column_count() const { return impl().run_column_count(); }

std::string_view Statement::run_column_name(int index) const {
  check_index("column", index, 0, run_column_count() - 1);
  return impl().run_column_name(index);
}

void Statement::bind(int index, const ValueView& value) {
  check_index("parameter", index, 1, parameter_count());
  impl().bind(index, value);
}

void Statement::bind_all(std::span<const ValueView> values) {
  const auto expected = static_cast<std::size_t>(parameter_count());
  if (values.size() != expected) {
    throw Error(ErrorKind::invalid_argument, "expected " + std::to_string(expected) +
                                                 " parameters, got " +
                                                 std::to_string(values.size()));
  }
  core::PreparedStatement& statement = impl();
  int index = 0;
  for (const ValueView& value : values) statement.bind(++index, value);
}

namespace {

// 0 if there is none.
int index_of(const Statement& statement, std::string_view name) {
  int index = statement.parameter_index(name);
  for (const char prefix : {':', '@', '$'}) {
    if (index != 0) break;
    index = statement.parameter_index(prefix + std::string(name));
  }
  return index;
}

}  // namespace

int Statement::named_index(std::string_view name) const {
  const int index = index_of(*this, name);
  if (index == 0) {
    throw Error(ErrorKind::invalid_argument, "no such parameter: " + std::string(name));
  }
  return index;
}

void Statement::bind(TextView name, const ValueView& value) {
  impl().bind(named_index(name), value);
}

namespace {

// The views of all parameters by position. Errors: see Statement::bind_named().
std::vector<ValueView> in_order(const Statement& statement, std::span<const NamedView> values,
                                Unused unused) {
  const auto count = static_cast<std::size_t>(statement.parameter_count());
  std::vector<ValueView> ordered(count);
  std::vector<bool> given(count);
  for (const auto& [name, value] : values) {
    const int index = index_of(statement, name);
    if (index == 0 && unused == Unused::ignore) continue;
    if (index == 0) {
      throw Error(ErrorKind::invalid_argument, "no such parameter: " + std::string(name));
    }
    ordered[static_cast<std::size_t>(index) - 1] = value;
    given[static_cast<std::size_t>(index) - 1] = true;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (given[i]) continue;
    const std::string_view name = statement.parameter_name(static_cast<int>(i) + 1);
    if (name.empty()) {
      throw Error(ErrorKind::positional_parameters,
                  "values are given by name, and parameter " + std::to_string(i + 1) + " has none");
    }
    throw Error(ErrorKind::missing_parameters, "no value for the parameter " + std::string(name));
  }
  return ordered;
}

}  // namespace

void Statement::bind_named(std::span<const NamedView> values, Unused unused) {
  bind_all(in_order(*this, values, unused));
}

void Statement::bind_arguments(const detail::ArgumentViews& arguments) {
  if (arguments.by_name) return bind_named(arguments.named, arguments.unused);
  bind_all(arguments.positional);
}

std::vector<Value> Statement::owned(const detail::ArgumentViews& arguments) const {
  std::vector<ValueView> ordered;
  if (arguments.by_name) ordered = in_order(*this, arguments.named, arguments.unused);
  const std::span<const ValueView> views =
      arguments.by_name ? std::span<const ValueView>(ordered) : arguments.positional;
  std::vector<Value> values;
  values.reserve(views.size());
  for (const ValueView& view : views) values.push_back(view.to_value());
  return values;
}

void Statement::keep(int index, Value value) {
  check_index("parameter", index, 1, parameter_count());
  impl().reset();  // A run in progress still reads the value of before.
  kept_.resize(static_cast<std::size_t>(parameter_count()));
  Value& kept = kept_[static_cast<std::size_t>(index) - 1];
  kept = std::move(value);
  impl().bind(index, kept);
}

void Statement::clear_bindings() { impl().clear_bindings(); }

Step Statement::step() { return impl().step(); }

Row Statement::row() const& {
  core::PreparedStatement& statement = impl();
  return {statement.row(), statement};
}

std::optional<Row> Statement::next() & {
  if (step() == Step::done) return std::nullopt;
  return row();
}

ValueView Statement::column(int index) const& {
  const std::span<const ValueView> values = row();
  if (values.empty()) {
    throw Error(ErrorKind::misuse, "the statement has no current row").with_statement(sql());
  }
  check_index("column", index, 0, static_cast<int>(values.size()) - 1);
  return values[static_cast<std::size_t>(index)];
}

void Statement::reset() {
  static_cast<void>(impl().parameter_count());  // Errors: closed, misuse within a callback.
  impl().reset();
}

std::int64_t Statement::execute() {
  while (impl().step() == Step::row) {
  }
  return impl().changes();
}

}  // namespace libsql
