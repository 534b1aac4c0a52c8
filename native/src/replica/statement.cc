#include "replica/statement.h"

#include <algorithm>
#include <utility>

#include "replica/routes.h"
#include "replica/session.h"

namespace libsql::replica {

ReplicaStatement::ReplicaStatement(ReplicaSession& session, std::string sql, core::PrepareMode mode)
    : session_(session),
      sql_(std::move(sql)),
      mode_(mode),
      kind_(statement_kind(sql_)),
      is_local_(is_local(sql_)) {
  values_.resize(static_cast<std::size_t>(described().parameter_count()));
}

ReplicaStatement::~ReplicaStatement() {
  reset();
  give_back();
}

void ReplicaStatement::give_back() const noexcept {
  if (local_ != nullptr) local_session_->give_back(std::move(local_));
  local_session_.reset();
}

Side ReplicaStatement::side() const { return session_.side_of_statement(is_local_); }

core::PreparedStatement& ReplicaStatement::here() const {
  const std::shared_ptr<core::Session>& session = session_.local_part().session();
  if (local_ == nullptr || session != local_session_) {
    give_back();
    std::string_view tail;
    local_ = session->prepare(sql_, mode_, &tail);
    local_session_ = session;
  }
  return *local_;
}

core::PreparedStatement& ReplicaStatement::there() const {
  if (remote_ == nullptr) {
    std::string_view tail;
    remote_ = session_.remote_part().prepare(sql_, mode_, &tail);
  }
  return *remote_;
}

core::PreparedStatement& ReplicaStatement::on(Side side) const {
  return side == Side::local ? here() : there();
}

core::PreparedStatement& ReplicaStatement::described() const {
  if (running_) return *running_ == Side::local ? *local_ : *remote_;
  return on(side());
}

void ReplicaStatement::bind(int index, const ValueView& value) {
  reset();
  values_[static_cast<std::size_t>(index) - 1] = value.to_value();
}

void ReplicaStatement::clear_bindings() {
  reset();
  std::ranges::fill(values_, Value());
}

Step ReplicaStatement::step() {
  if (!running_) {
    const Side where = side();
    latest_ = &on(where);
    latest_->reset();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      latest_->bind(static_cast<int>(i) + 1, values_[i]);
    }
    if (is_cursor_) latest_->bind_to_transaction();
    running_ = where;
  }
  const Side where = *running_;
  const Step step = latest_->step();
  if (where == Side::remote) session_.note_remote_state();
  if (step == Step::done) running_.reset();
  return step;
}

std::span<const ValueView> ReplicaStatement::row() {
  return latest_ == nullptr ? std::span<const ValueView>() : latest_->row();
}

void ReplicaStatement::reset() noexcept {
  running_.reset();
  if (latest_ != nullptr) latest_->reset();
}

std::int64_t ReplicaStatement::changes() const {
  return latest_ == nullptr ? 0 : latest_->changes();
}

}  // namespace libsql::replica
