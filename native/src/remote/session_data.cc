#include "remote/session_data.h"

#include <algorithm>
#include <utility>

namespace libsql::remote {

namespace {

// Descriptions are small; a program has few statements of which it asks for one.
constexpr std::size_t kMaxDescriptions = 256;

const char* begin_text(TransactionMode mode) noexcept {
  switch (mode) {
    case TransactionMode::immediate:
      return "BEGIN IMMEDIATE";
    case TransactionMode::exclusive:
      return "BEGIN EXCLUSIVE";
    case TransactionMode::deferred:
    case TransactionMode::read_only:
      break;
  }
  return "BEGIN";
}

}  // namespace

void SessionData::begin(TransactionMode mode) {
  prefix_.assign(1, begin_text(mode));
  started_ = false;
  writes_refused_ = mode == TransactionMode::read_only;
  wrote_ = false;
  state_.in_transaction = true;
  ++state_.transaction;
}

void SessionData::set_started() noexcept {
  prefix_.clear();
  started_ = true;
}

void SessionData::adopt(std::shared_ptr<Stream> stream) {
  stream_ = std::move(stream);
  set_started();
  state_.in_transaction = true;
  ++state_.transaction;
}

void SessionData::end_transaction() noexcept {
  state_.in_transaction = false;
  prefix_.clear();
  started_ = false;
  writes_refused_ = false;
  active_.reset();
  stream_.reset();
  std::erase_if(cursors_, [](const auto& one) { return one.second->transaction != 0; });
}

void SessionData::lose_transaction() noexcept {
  wrote_ = false;
  lost_ = state_.transaction;
  end_transaction();
}

const std::shared_ptr<Stream>& SessionData::stream() {
  if (stream_ == nullptr) stream_ = transport_->open_stream();
  return stream_;
}

StatementId SessionData::add(std::string sql) {
  const core::MutexLock lock(statements_mutex_);
  const std::uint64_t id = next_id_++;
  statements_.emplace(id, std::move(sql));
  return StatementId{id};
}

std::string SessionData::find(StatementId id) const {
  const core::MutexLock lock(statements_mutex_);
  const auto found = statements_.find(static_cast<std::uint64_t>(id));
  if (found == statements_.end()) {
    throw Error(ErrorKind::unknown_statement, "Statement not found");
  }
  return found->second;
}

void SessionData::close(StatementId id) {
  const core::MutexLock lock(statements_mutex_);
  if (statements_.erase(static_cast<std::uint64_t>(id)) == 0) {
    throw Error(ErrorKind::unknown_statement, "Statement not found");
  }
}

CursorId SessionData::add(std::shared_ptr<OpenCursor> cursor) {
  const std::uint64_t id = next_id_++;
  cursors_.emplace(id, std::move(cursor));
  return CursorId{id};
}

const std::shared_ptr<OpenCursor>& SessionData::find(CursorId id) {
  const auto found = cursors_.find(static_cast<std::uint64_t>(id));
  if (found == cursors_.end()) throw Error(ErrorKind::unknown_cursor, "Cursor not found");
  return found->second;
}

void SessionData::close(CursorId id) noexcept {
  const auto found = cursors_.find(static_cast<std::uint64_t>(id));
  if (found == cursors_.end()) return;
  if (found->second == active_) {
    stream_->close_cursor();
    active_.reset();
  }
  cursors_.erase(found);
}

const StatementDescription* SessionData::description(std::string_view sql) const {
  const auto found = descriptions_.find(sql);
  return found == descriptions_.end() ? nullptr : &found->second;
}

void SessionData::describe(std::string_view sql, StatementDescription description) {
  if (descriptions_.size() >= kMaxDescriptions) descriptions_.clear();
  descriptions_.insert_or_assign(std::string(sql), std::move(description));
}

void SessionData::forget(std::string_view sql) {
  const auto found = descriptions_.find(sql);
  if (found != descriptions_.end()) descriptions_.erase(found);
}

void SessionData::compare(std::string_view sql, std::span<const hrana::Column> columns) {
  const StatementDescription* const known = description(sql);
  if (known == nullptr) return;
  const auto same = [](const hrana::Column& now, const ColumnInfo& then) {
    return now.name == then.name && (!now.declared_type || now.declared_type == then.declared_type);
  };
  if (!std::ranges::equal(columns, known->columns, same)) forget(sql);
}

void SessionData::reset() noexcept {
  end_transaction();
  cursors_.clear();
}

void SessionData::close_all() noexcept {
  reset();
  descriptions_.clear();
  const core::MutexLock lock(statements_mutex_);
  statements_.clear();
}

}  // namespace libsql::remote
