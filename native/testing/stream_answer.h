// An answer on a stream of a server, written down as HranaTrace does, with its end.
#ifndef LIBSQL_TESTING_STREAM_ANSWER_H_
#define LIBSQL_TESTING_STREAM_ANSWER_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "remote/stream.h"
#include "testing/hrana_trace.h"
#include "testing/wait.h"

namespace libsql::testing {

// Threads: its events come on the I/O thread; read it after wait().
class StreamAnswer final : public remote::Answer {
 public:
  using Executed = remote::StreamFailure::Executed;

  // Called at the end, on the I/O thread, before wait() returns.
  std::function<void()> then = {};

  [[nodiscard]] bool wait() { return end_.wait(); }
  [[nodiscard]] bool is_finished() { return end_.is_open(); }
  [[nodiscard]] const std::string& text() const noexcept { return trace_.text(); }
  // "ok, open", or e.g. "io unknown outcome_unknown: the message".
  [[nodiscard]] std::string how() const {
    if (!failure) return open ? "ok, open" : "ok, closed";
    const Recovery& recovery = failure->error.recovery();
    std::string result(to_string(failure->error.kind()));
    result += failure->executed == Executed::no ? " no" : " unknown";
    if (recovery.outcome_unknown) result += " outcome_unknown";
    if (recovery.unauthorised) result += " unauthorised";
    if (open) result += " open";
    return result + ": " + failure->error.message();
  }

  void begin(hrana::RequestType type, std::uint32_t steps) override { trace_.begin(type, steps); }
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override {
    trace_.step_begin(step, columns);
  }
  bool row(std::span<const ValueView> values) override {
    ++rows;
    return trace_.row(values);
  }
  void step_end(const hrana::StepEnd& end) override { trace_.step_end(end); }
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override {
    trace_.step_error(step, error);
  }
  void replication_index(std::optional<std::uint64_t> index) override {
    trace_.replication_index(index);
  }
  void fetched(bool done) override {
    is_done = done;
    trace_.fetched(done);
  }
  void description(const hrana::Description& description) override {
    trace_.description(description);
  }
  void autocommit(bool is_autocommit) override { trace_.autocommit(is_autocommit); }
  void end() override { trace_.end(); }
  void error(const hrana::ErrorView& error) override { trace_.error(error); }
  void finished(const remote::StreamFailure* how, bool is_open) noexcept override {
    if (how != nullptr) failure = *how;
    open = is_open;
    ++ends;
    if (then) std::exchange(then, nullptr)();
    end_.open();
  }

  std::optional<remote::StreamFailure> failure;
  bool open = false;
  bool is_done = false;
  int rows = 0;
  int ends = 0;

 private:
  HranaTrace trace_;
  Gate end_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_STREAM_ANSWER_H_
