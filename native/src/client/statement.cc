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

void Statement::bind(TextView name, const ValueView& value) {
  int index = parameter_index(name);
  for (const char prefix : {':', '@', '$'}) {
    if (index != 0) break;
    index = parameter_index(prefix + std::string(name));
  }
  if (index == 0) {
    throw Error(ErrorKind::invalid_argument, "no such parameter: " + std::string(name));
  }
  impl().bind(index, value);
}

void Statement::clear_bindings() { impl().clear_bindings(); }

Step Statement::step() { return impl().step(); }

std::span<const ValueView> Statement::row() const& { return impl().row(); }

ValueView Statement::column(int index) const& {
  const std::span<const ValueView> values = row();
  if (values.empty()) {
    throw Error(ErrorKind::misuse, "the statement has no current row").with_statement(sql());
  }
  check_index("column", index, 0, static_cast<int>(values.size()) - 1);
  return values[static_cast<std::size_t>(index)];
}

void Statement::reset() { impl().reset(); }

std::int64_t Statement::execute() {
  while (impl().step() == Step::row) {
  }
  return impl().changes();
}

}  // namespace libsql
