// The state machine of a cursor: which entry may follow which (Hrana 3, "Cursor entries").
#ifndef LIBSQL_HRANA_CURSOR_ORDER_H_
#define LIBSQL_HRANA_CURSOR_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "hrana/receiver.h"

namespace libsql::hrana {

// Passes the entries of one cursor on and throws at the first that is out of place. Between the
// answers to several fetches it keeps its state.
//
// Lifetime: the receiver must outlive it.
// Threads: thread-compatible.
class CursorOrder : public Receiver {
 public:
  explicit CursorOrder(Receiver& receiver) : receiver_(receiver) {}

  // Errors: out_of_order; mismatch for a row whose width is not the step's.
  void step_begin(std::uint32_t step, std::span<const Column> columns) override;
  bool row(std::span<const ValueView> values) override;
  void step_end(const StepEnd& end) override;
  void step_error(std::uint32_t step, const ErrorView& error) override;
  // Ends the cursor, as sqld does.
  void replication_index(std::optional<std::uint64_t> index) override;
  void error(const ErrorView& error) override;

  // What is not an entry passes unchanged.
  void begin(RequestType type, std::uint32_t steps) override { receiver_.begin(type, steps); }
  void fetched(bool done) override { receiver_.fetched(done); }
  void description(const Description& description) override { receiver_.description(description); }
  void autocommit(bool is_autocommit) override { receiver_.autocommit(is_autocommit); }
  void end() override { receiver_.end(); }

  // No entry follows. Errors: truncated if a step is open.
  void finish() const;

 private:
  enum class State : std::uint8_t { between_steps, in_step, ended };

  void require(State state, const char* problem) const;
  void advance_to(std::uint32_t step);

  Receiver& receiver_;
  State state_ = State::between_steps;
  std::uint32_t step_ = 0;       // The open step.
  std::uint64_t next_step_ = 0;  // The lowest that may come.
  std::size_t width_ = 0;        // Of the open step's rows.
  bool wants_rows_ = true;       // Of the open step.
};

}  // namespace libsql::hrana

#endif  // LIBSQL_HRANA_CURSOR_ORDER_H_
