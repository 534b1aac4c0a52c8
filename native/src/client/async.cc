// The public AsyncConnection: makes the operations that the core runs.
#include "libsql/async.h"

#include <algorithm>
#include <utility>

#include "client/async_core.h"

namespace libsql {
namespace detail {

OwnedArguments::OwnedArguments(const ArgumentViews& arguments) : by_name_(arguments.by_name) {
  for (const ValueView& view : arguments.positional) values_.push_back(view.to_value());
  for (const auto& [name, view] : arguments.named) {
    names_.emplace_back(name);
    values_.push_back(view.to_value());
  }
  views_.assign(values_.begin(), values_.end());
}

std::span<const ValueView> OwnedArguments::values() { return views_; }

bool OwnedArguments::find(std::string_view name, ValueView& value) {
  const auto found = std::ranges::find_if(names_, [name](const std::string& one) {
    return one == name || (!name.empty() && one == name.substr(1));
  });
  if (found == names_.end()) return false;
  value = views_[static_cast<std::size_t>(found - names_.begin())];
  return true;
}

void expect_one_row(std::size_t rows, const std::string& sql) {
  if (rows == 1) return;
  throw Error(ErrorKind::error,
              rows == 0 ? "expected one row, got none" : "expected one row, got more")
      .with_statement(sql);
}

}  // namespace detail

AsyncConnection::AsyncConnection(Connection connection, AsyncOptions options)
    : core_(std::make_shared<detail::AsyncCore>(std::move(connection), std::move(options))) {}
AsyncConnection::AsyncConnection(AsyncConnection&&) noexcept = default;
AsyncConnection& AsyncConnection::operator=(AsyncConnection&& other) noexcept {
  if (this != &other) {
    close();
    core_ = std::move(other.core_);
  }
  return *this;
}
AsyncConnection::~AsyncConnection() { close(); }

void AsyncConnection::close() noexcept {
  if (core_ != nullptr) core_->close();
}

namespace {

AsyncCall<std::int64_t> control(const std::shared_ptr<detail::AsyncCore>& core, Request request) {
  return {core, std::make_shared<detail::ControlOperation>(std::move(request))};
}

}  // namespace

AsyncCall<std::int64_t> AsyncConnection::execute_script(Text sql) {
  return {core_, std::make_shared<detail::ControlOperation>(std::move(sql).str())};
}
AsyncCall<std::int64_t> AsyncConnection::begin(TransactionMode mode) {
  return control(core_, request::Begin{mode});
}
AsyncCall<std::int64_t> AsyncConnection::commit() { return control(core_, request::Commit{}); }
AsyncCall<std::int64_t> AsyncConnection::rollback() { return control(core_, request::Rollback{}); }

}  // namespace libsql
