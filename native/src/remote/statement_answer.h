// The answer to statements (statement_plan.h): rows and outcomes for the receiver, and what became
// of the transaction for the session.
#ifndef LIBSQL_REMOTE_STATEMENT_ANSWER_H_
#define LIBSQL_REMOTE_STATEMENT_ANSWER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "libsql/receiver.h"
#include "remote/guarded_receiver.h"
#include "remote/session_core.h"
#include "remote/statement_plan.h"
#include "remote/stream.h"

namespace libsql::remote {

// Threads: the I/O thread; it has the session's turn.
class StatementAnswer final : public Answer {
 public:
  enum class Shape : std::uint8_t {
    statement,  // One, whose error is the request's.
    batch,      // Errors of members are told as such.
    atomic,     // A batch whose first error is the request's as well.
    script,     // Statements, of which the first error is the request's.
    control,    // A step of the transaction, without results.
    commit,
  };

  StatementAnswer(std::shared_ptr<SessionCore> core, std::shared_ptr<libsql::Receiver> receiver,
                  Plan plan, Shape shape);

  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  // Of the transaction, or one of its own.
  [[nodiscard]] std::shared_ptr<Stream> stream();

  void begin(hrana::RequestType type, std::uint32_t steps) override;
  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override;
  bool row(std::span<const ValueView> values) override;
  void step_end(const hrana::StepEnd& end) override;
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override;
  void replication_index(std::optional<std::uint64_t> index) override {
    if (index) core_->data().note_index(index);
  }
  void fetched(bool /*done*/) override {}
  void description(const hrana::Description& /*description*/) override {}
  void autocommit(bool is_autocommit) override { autocommit_ = is_autocommit; }
  void end() override { ++answered_; }
  void error(const hrana::ErrorView& error) override;
  void finished(const StreamFailure* failure, bool open) noexcept override;

 private:
  [[nodiscard]] bool tells_failures() const noexcept {
    return shape_ == Shape::batch || shape_ == Shape::atomic;
  }
  // The member whose step this is.
  [[nodiscard]] std::optional<std::size_t> member_of(std::uint32_t step) const noexcept;
  // Tells the failures before member `end`.
  void tell_failures(std::size_t end);
  void on_member_end(std::size_t member, const hrana::StepEnd& end);
  [[nodiscard]] Error named(const Error& error, std::size_t member) const;

  // How the request ends.
  [[nodiscard]] std::optional<Error> conclude(bool open);
  [[nodiscard]] std::optional<Error> conclude_refused();
  [[nodiscard]] std::optional<Error> conclude_in_transaction(bool open);
  [[nodiscard]] std::optional<Error> conclude_commit();
  [[nodiscard]] std::optional<Error> own_error() const;
  [[nodiscard]] bool is_autocommit(bool open) const;
  [[nodiscard]] std::optional<Error> lose(std::optional<Error> error);

  const std::shared_ptr<SessionCore> core_;
  const std::shared_ptr<libsql::Receiver> receiver_;
  GuardedReceiver guarded_;
  Plan plan_;
  const Shape shape_;
  std::shared_ptr<Stream> own_stream_;

  std::size_t answered_ = 0;           // Requests.
  std::uint32_t step_ = 0;             // That is open.
  std::int64_t rows_ = 0;              // Of it.
  std::size_t told_ = 0;               // Members whose outcome the receiver has.
  std::optional<Error> refusal_;       // Of all statements together.
  std::optional<Error> prefix_error_;  // Of the transaction's control statements.
  std::optional<Error> open_error_;    // Of the atomic batch.
  std::optional<Error> keep_error_;
  std::optional<Error> member_error_;  // The last one.
  std::optional<std::size_t> failed_;  // Its member, while it has not been told.
  bool has_told_failure_ = false;
  bool kept_ = false;                    // The atomic batch.
  bool probe_found_transaction_ = true;  // Version 2.
  bool ended_by_text_ = false;           // A member may have ended the transaction.
  std::size_t ended_members_ = 0;
  std::optional<bool> autocommit_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_STATEMENT_ANSWER_H_
