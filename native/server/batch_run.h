// A batch that can be run in portions: the steps of a request, or the entries of a cursor.
#ifndef LIBSQL_SERVER_BATCH_RUN_H_
#define LIBSQL_SERVER_BATCH_RUN_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "hrana/condition.h"
#include "hrana/messages.h"
#include "hrana/receiver.h"
#include "server/sql_session.h"
#include "server/statement_run.h"

namespace libsql::server {

// Lifetime: borrows the session and the batch, whose texts are resolved.
// Threads: the session's.
class BatchRun {
 public:
  // A portion ends behind the entry with which either is reached.
  struct Portion {
    std::size_t entries = std::numeric_limits<std::size_t>::max();
    std::size_t bytes = std::numeric_limits<std::size_t>::max();  // Of the rows' values.
  };

  // Of a batch whose rows are all wanted at once.
  [[nodiscard]] static constexpr Portion everything() noexcept { return {}; }

  BatchRun(SqlSession& session, const hrana::Batch& batch, Access access)
      : session_(session), batch_(batch), access_(access) {
    outcomes_.reserve(batch.steps.size());
  }

  // Goes on, and writes what happens as the entries of a cursor or the steps of a batch. True once
  // no step is left. Errors: RequestRefused; ResponseTooLarge, from the receiver.
  [[nodiscard]] bool advance(hrana::Receiver& out, Portion portion);

 private:
  [[nodiscard]] bool holds(const hrana::BatchStep& step) const;
  void start_step(hrana::Receiver& out);
  // True if the portion is full; otherwise the step has ended.
  [[nodiscard]] bool read_step(hrana::Receiver& out, Portion& portion);
  void end_step(hrana::Receiver& out, hrana::StepOutcome outcome);
  template <typename Action>
  bool guard(hrana::Receiver& out, Action action);

  SqlSession& session_;
  const hrana::Batch& batch_;
  const Access access_;
  bool timed_out_ = false;  // Its transaction was taken away; nothing of it runs from then on.
  std::vector<hrana::StepOutcome> outcomes_;
  std::optional<StatementRun> running_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_BATCH_RUN_H_
