// An answer that is kept, and told to another receiver later.
#ifndef LIBSQL_TESTING_KEPT_ANSWER_H_
#define LIBSQL_TESTING_KEPT_ANSWER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libsql/receiver.h"

namespace libsql::testing {

class KeptAnswer final : public Receiver {
 public:
  void columns(std::span<const std::string_view> names) override {
    keep([names = std::vector<std::string>(names.begin(), names.end())](Receiver& receiver) {
      receiver.columns(std::vector<std::string_view>(names.begin(), names.end()));
    });
  }
  bool row(std::span<const ValueView> values) override {
    std::vector<Value> row;
    row.reserve(values.size());
    for (const ValueView& value : values) row.push_back(value.to_value());
    keep([row = std::move(row)](Receiver& receiver) {
      static_cast<void>(receiver.row(std::vector<ValueView>(row.begin(), row.end())));
    });
    return true;
  }
  void done(StatementKind kind, std::int64_t count) override {
    keep([=](Receiver& receiver) { receiver.done(kind, count); });
  }
  void failed(const Error& error) override {
    keep([=](Receiver& receiver) { receiver.failed(error); });
  }
  void has_more_statements() override {
    keep([](Receiver& receiver) { receiver.has_more_statements(); });
  }
  void prepared(StatementId statement) override {
    prepared_ = statement;
    keep([=](Receiver& receiver) { receiver.prepared(statement); });
  }
  void described(const StatementDescription& description) override {
    keep([=](Receiver& receiver) { receiver.described(description); });
  }
  void counters(const StatementCounters& counters) override {
    keep([=](Receiver& receiver) { receiver.counters(counters); });
  }
  void opened(CursorId cursor) override {
    keep([=](Receiver& receiver) { receiver.opened(cursor); });
  }
  void portion(std::int64_t rows, bool last) override {
    keep([=](Receiver& receiver) { receiver.portion(rows, last); });
  }
  void finished(const Error* error, const SessionState& state) noexcept override {
    if (error != nullptr) error_ = *error;
    state_ = state;
  }

  [[nodiscard]] const SessionState& state() const noexcept { return state_; }
  [[nodiscard]] std::optional<StatementId> prepared_statement() const noexcept { return prepared_; }

  // What the receiver throws becomes the error of the request.
  void tell(Receiver& receiver) const noexcept {
    try {
      for (const auto& call : calls_) call(receiver);
    } catch (const Error& failure) {
      receiver.finished(&failure, state_);
      return;
    } catch (const std::exception& failure) {
      const Error error(ErrorKind::error, failure.what());
      receiver.finished(&error, state_);
      return;
    }
    receiver.finished(error_ ? &*error_ : nullptr, state_);
  }

 private:
  using Call = std::function<void(Receiver&)>;
  void keep(Call call) { calls_.push_back(std::move(call)); }

  std::vector<Call> calls_;
  std::optional<Error> error_;
  std::optional<StatementId> prepared_;
  SessionState state_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_KEPT_ANSWER_H_
