// A receiver of answers to requests (libsql/receiver.h) that writes its events down, for comparison
// of one kind of session with another.
#ifndef LIBSQL_TESTING_REQUEST_TRACE_H_
#define LIBSQL_TESTING_REQUEST_TRACE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/connection.h"
#include "libsql/receiver.h"
#include "testing/query.h"
#include "testing/wait.h"

namespace libsql::testing {

// Writes e.g. "columns a b", "row 1|'x'", "done insert 1", "failed constraint 2067", and last "ok"
// or the kind of the error, with what follows from it: "error busy lost retryable".
class RequestTrace final : public Receiver {
 public:
  // Starts a request and waits for its end; the events, one a line.
  static std::string of(Connection& db, const Request& request, const Limits& limits = {}) {
    RequestTrace trace;
    trace.start(db, request, limits);
    return trace.wait();
  }
  Started start(Connection& db, const Request& request, const Limits& limits = {}) {
    return db.start(request, limits, *this);
  }
  [[nodiscard]] std::string wait() {
    if (!end_.wait()) return text_ + "no end";
    return text_;
  }

  void columns(std::span<const std::string_view> names) override {
    std::string text = "columns";
    for (const std::string_view name : names) text += ' ' + std::string(name);
    line(text);
  }
  bool row(std::span<const ValueView> values) override {
    line("row " + row_text(values));
    return true;
  }
  void done(StatementKind kind, std::int64_t count) override {
    line("done " + std::to_string(static_cast<int>(kind)) + ' ' + std::to_string(count));
  }
  void failed(const Error& failure) override { line("failed " + of_error(failure)); }
  void has_more_statements() override { line("more statements"); }
  void prepared(StatementId id) override {
    statement = id;
    line("prepared");
  }
  void described(const StatementDescription& description) override {
    std::string text = "described";
    for (const ColumnInfo& column : description.columns) {
      text += ' ' + column.name + ':' + column.declared_type.value_or("-");
    }
    for (const std::string& name : description.parameters) text += " <" + name + '>';
    line(text);
  }
  void opened(CursorId id) override {
    cursor = id;
    line("opened");
  }
  void portion(std::int64_t rows, bool last) override {
    line("portion " + std::to_string(rows) + (last ? " last" : ""));
  }
  void finished(const Error* failure, const SessionState& now) noexcept override {
    if (failure != nullptr) error = *failure;
    state = now;
    line(failure == nullptr ? "ok" : "error " + of_error(*failure));
    text_.pop_back();
    end_.open();
  }
  // It outlives the request: wait() is called before its end.
  std::shared_ptr<Receiver> detach() override { return {std::shared_ptr<void>(), this}; }

  std::optional<Error> error;
  SessionState state;
  StatementId statement{};
  CursorId cursor{};

 private:
  static std::string of_error(const Error& error) {
    std::string text(to_string(error.kind()));
    if (error.extended_code() != 0) text += ' ' + std::to_string(error.extended_code());
    const Recovery& recovery = error.recovery();
    if (recovery.transaction_lost) text += " lost";
    if (recovery.outcome_unknown) text += " unknown";
    if (recovery.retryable) text += " retryable";
    if (recovery.unavailable) text += " unavailable";
    if (recovery.unauthorised) text += " unauthorised";
    return text;
  }
  void line(const std::string& text) { text_ += text + '\n'; }

  std::string text_;
  Gate end_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_REQUEST_TRACE_H_
