// The public Batch: hands its members to the session and collects their results.
#include "libsql/batch.h"

#include <span>
#include <string_view>
#include <utility>

#include "client/blocking_receiver.h"
#include "core/session.h"
#include "libsql/connection.h"

namespace libsql {
namespace {

// The members as the session reads them.
class Members final : public Commands {
 public:
  explicit Members(const Batch& batch) noexcept : members_(batch.members()) {}

  void rewind() override { next_ = 0; }
  bool next(Command& command) override {
    if (next_ == members_.size()) return false;
    const Batch::Member& member = members_[next_++];
    views_.assign(member.parameters.begin(), member.parameters.end());
    parameters_.set(views_);
    command = {std::string_view(member.sql), &parameters_};
    return true;
  }

 private:
  const std::vector<Batch::Member>& members_;
  std::size_t next_ = 0;
  std::vector<ValueView> views_;
  PositionalParameters parameters_;
};

class ResultCollector final : public client::BlockingReceiver {
 public:
  explicit ResultCollector(const Batch& batch) noexcept : members_(batch.members()) {}

  void columns(std::span<const std::string_view> names) override {
    result_.columns.assign(names.begin(), names.end());
  }
  bool row(std::span<const ValueView> values) override {
    std::vector<Value>& copies = result_.rows.emplace_back();
    copies.reserve(values.size());
    for (const ValueView& value : values) copies.push_back(value.to_value());
    return true;
  }
  void done(StatementKind kind, std::int64_t count) override {
    result_.kind = kind;
    result_.count = count;
    results_.push_back(std::exchange(result_, {}));
  }
  void failed(const Error& error) override {
    result_ = {};
    result_.kind = statement_kind(members_[results_.size()].sql);
    result_.error = error;
    is_ended_by_member_ = error.ends_batch();
    results_.push_back(std::exchange(result_, {}));
  }
  [[nodiscard]] std::vector<BatchResult> results() && { return std::move(results_); }
  // Whether the latest member that failed was one that no other may follow.
  [[nodiscard]] bool is_ended_by_member() const noexcept { return is_ended_by_member_; }

 private:
  const std::vector<Batch::Member>& members_;
  BatchResult result_;
  std::vector<BatchResult> results_;
  bool is_ended_by_member_ = false;
};

}  // namespace

Batch& Batch::add(Text sql, std::vector<Value> parameters) {
  members_.push_back({std::move(sql).str(), std::move(parameters)});
  return *this;
}

std::vector<BatchResult> Connection::run(const Batch& batch, OnError on_error) {
  Members members(batch);
  ResultCollector collector(batch);
  try {
    collector.run(*session(), request::Batch{members, on_error});
  } catch (const Error&) {
    // The error that has ended the batch is its last result, unless all of it is undone.
    if (on_error == OnError::rollback || !collector.is_ended_by_member()) throw;
  }
  return std::move(collector).results();
}

}  // namespace libsql
