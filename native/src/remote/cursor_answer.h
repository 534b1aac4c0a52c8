// The rows of a cursor: its first portion, the later ones, and what has to be read ahead because a
// transaction's stream is needed for something else.
#ifndef LIBSQL_REMOTE_CURSOR_ANSWER_H_
#define LIBSQL_REMOTE_CURSOR_ANSWER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "libsql/receiver.h"
#include "remote/guarded_receiver.h"
#include "remote/quiet_answer.h"
#include "remote/session_core.h"
#include "remote/statement_plan.h"

namespace libsql::remote {

// Rows that one answer brings while a cursor is read ahead.
inline constexpr std::uint32_t kDrainRows = 10'000;

// Tells the columns and rows that were read ahead; their number.
std::int64_t tell_rows(OpenCursor& cursor, std::size_t max_rows, libsql::Receiver& receiver);
// The same as a whole portion, without more from the server.
void tell_portion(OpenCursor& cursor, std::size_t max_rows, libsql::Receiver& receiver);

// Threads: as StatementAnswer.
class CursorAnswer final : public QuietAnswer {
 public:
  CursorAnswer(std::shared_ptr<SessionCore> core, std::shared_ptr<libsql::Receiver> receiver,
               std::shared_ptr<OpenCursor> cursor)
      : core_(std::move(core)),
        receiver_(std::move(receiver)),
        guarded_(*receiver_),
        cursor_(std::move(cursor)) {}

  // When the cursor has been read ahead, this request runs.
  void then_run(std::shared_ptr<const KeptRequest> request, const Call& call) {
    next_ = std::move(request);
    next_call_ = call;
  }
  // Each sends something. Always false: the answer comes later.
  [[nodiscard]] bool open(const Call& call, PlanBuilder plan);
  [[nodiscard]] bool read_ahead(const Call& call);
  [[nodiscard]] bool fetch(const Call& call, std::uint32_t max_rows);

  void step_begin(std::uint32_t step, std::span<const hrana::Column> columns) override;
  bool row(std::span<const ValueView> values) override;
  void step_end(const hrana::StepEnd& end) override;
  void step_error(std::uint32_t step, const hrana::ErrorView& error) override;
  void fetched(bool done) override { done_ = done; }
  void error(const hrana::ErrorView& error) override;
  void finished(const StreamFailure* failure, bool open) noexcept override;

 private:
  enum class Purpose : std::uint8_t { open, read_ahead, fetch };

  [[nodiscard]] std::shared_ptr<Stream> stream();
  [[nodiscard]] bool in_transaction() const noexcept { return cursor_->transaction != 0; }
  [[nodiscard]] bool is_member(std::uint32_t step) const noexcept {
    return step == plan_.prefix_steps;
  }
  void keep(std::span<const ValueView> values);
  void fail(const Error& error, bool transaction_lost);
  void end_cursor() noexcept;
  // Asks for more rows. Errors: those of Stream::fetch().
  void ask(std::uint32_t max_rows);
  [[nodiscard]] std::uint32_t missing() const noexcept {
    return rows_ < wanted_ ? wanted_ - static_cast<std::uint32_t>(rows_) : 0;
  }
  void on_opened();
  void on_read_ahead();
  void on_fetched();
  void end_request(const std::optional<Error>& error);

  const std::shared_ptr<SessionCore> core_;
  const std::shared_ptr<libsql::Receiver> receiver_;
  GuardedReceiver guarded_;
  const std::shared_ptr<OpenCursor> cursor_;
  Purpose purpose_ = Purpose::open;
  Plan plan_;
  Deadline deadline_;
  std::shared_ptr<const KeptRequest> next_;
  Call next_call_;
  std::uint32_t wanted_ = 0;  // Rows of the portion that is fetched.
  std::uint32_t step_ = 0;
  std::int64_t rows_ = 0;
  bool ran_ = false;
  bool done_ = false;
  std::optional<Error> error_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_CURSOR_ANSWER_H_
