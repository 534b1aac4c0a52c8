#include "remote/describe_answer.h"

#include <utility>

#include "core/sql_parameters.h"
#include "remote/guarded_receiver.h"
#include "remote/server_error.h"

namespace libsql::remote {

bool DescribeAnswer::send(const Call& call) {
  // A transaction's stream sees the tables that the transaction has made.
  const bool started = core_->data().started();
  if (!started) own_stream_ = core_->data().transport().open_stream();
  const std::shared_ptr<Stream> stream = started ? core_->data().stream() : own_stream_;
  core_->send(call, stream, [&](Stream& to) {
    const hrana::Request request = hrana::Describe{std::string_view(sql_), std::nullopt};
    to.send({{&request, 1}, call.deadline, !started, true}, shared_from_this());
  });
  return false;
}

void DescribeAnswer::description(const hrana::Description& description) {
  StatementDescription& result = description_.emplace();
  for (const hrana::DescribedColumn& column : description.columns) {
    ColumnInfo info;
    info.name = column.name;
    if (column.declared_type) info.declared_type.emplace(*column.declared_type);
    result.columns.push_back(std::move(info));
  }
  // Servers give the names with or without their prefixes; the text has them.
  if (const auto names = core::parameters_of(sql_)) {
    result.parameters.assign(names->begin(), names->end());
  }
}

void DescribeAnswer::error(const hrana::ErrorView& view) {
  const Error error = server_error(view);
  error_ = error.with_statement(sql_, error.sql_offset());
}

void DescribeAnswer::tell() {
  if (prepares_) {
    receiver_->prepared(core_->data().add(sql_));
  } else {
    receiver_->described(*description_);
  }
}

void DescribeAnswer::finished(const StreamFailure* failure, bool /*open*/) noexcept {
  core_->answered();
  const bool in_transaction = own_stream_ == nullptr;
  own_stream_.reset();
  const bool compiles_later =
      failure != nullptr && prepares_ && failure->error.kind() == ErrorKind::unsupported;
  if (failure != nullptr && !compiles_later) {
    error_ = failure->error;
    if (in_transaction) {
      core_->data().lose_transaction();
      error_ = with_lost_transaction(*error_);
    }
  } else if (description_ || compiles_later) {
    if (description_) core_->data().describe(sql_, *description_);
    if (next_) return core_->run_on(next_->request(), std::move(call_));
    GuardedReceiver guarded(*receiver_);
    guarded.tell([&](libsql::Receiver& /*to*/) { tell(); });
    error_ = guarded.failure();
  }
  core_->end_turn(receiver_, error_ ? &*error_ : nullptr);
}

}  // namespace libsql::remote
