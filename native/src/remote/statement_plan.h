// What is sent for statements: one request of the protocol, with the steps and conditions that give
// a batch its meaning, and that let no statement of a transaction run outside of it.
#ifndef LIBSQL_REMOTE_STATEMENT_PLAN_H_
#define LIBSQL_REMOTE_STATEMENT_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hrana/messages.h"
#include "libsql/error.h"
#include "libsql/request.h"
#include "libsql/sql.h"
#include "libsql/value.h"

namespace libsql::remote {

// A statement of the request.
struct Member {
  std::string sql;
  StatementKind kind = StatementKind::unknown;
  std::optional<Error> error;  // It is not sent: its values do not fit.
};

// Where in the batch what stands.
struct Plan {
  std::vector<hrana::Request> requests;
  std::deque<Member> members;
  std::deque<std::vector<Value>> values;  // Of the members of a batch.
  std::vector<std::string> prefix;        // The texts of the first steps.
  // The step of the n-th member; none for one that is not sent.
  std::vector<std::optional<std::uint32_t>> step_of_member;
  std::uint32_t prefix_steps = 0;  // Control statements of the transaction, before everything else.
  // Of a batch of which all or nothing is kept: what opens it, and what keeps it.
  std::optional<std::uint32_t> open_step;
  std::optional<std::uint32_t> keep_step;
  // Version 2 only: a BEGIN that succeeds if the transaction is gone.
  std::optional<std::uint32_t> probe_step;
  bool one_by_one = false;      // Each member is a request of its own, of one step.
  bool halts = false;           // At the first member that fails.
  bool in_transaction = false;  // One was open when the request began.
  bool begins = false;          // A member may open a transaction, or end one.
  bool close = false;           // The stream is not needed any more.
  bool repeatable = false;      // See Exchange.
  bool leaves_nothing = false;  // See Exchange.
};

// What the session's transaction is when the request runs.
struct Standing {
  bool in_transaction = false;
  bool started = false;  // The server has it.
  bool named = false;    // The request belongs to it (Limits::transaction).
  std::vector<std::string> prefix;
  bool version_2 = false;
};

// Collects members, then builds the requests. Texts and values that the plan does not own must live
// until it is sent.
//
// Threads: thread-compatible.
class PlanBuilder {
 public:
  explicit PlanBuilder(Standing standing) : standing_(std::move(standing)) {
    plan_.prefix = standing_.prefix;
  }

  // `stmt` is bound; its text is replaced by the plan's own. Behind a member that ends the
  // transaction which the request names, it becomes one that failed as unknown_transaction.
  void add(std::string_view sql, StatementKind kind, hrana::Stmt stmt);
  // The same with values that live only until the call returns.
  void add_copy(std::string_view sql, StatementKind kind, const hrana::Stmt& stmt);
  void add_failed(std::string_view sql, const Error& error);
  [[nodiscard]] bool empty() const noexcept { return plan_.members.empty(); }

  // One statement; `finish` does not use the builder again.
  [[nodiscard]] Plan statement() &&;
  // Each member runs whatever the others do, or (`halt`) only if the one before has succeeded.
  [[nodiscard]] Plan batch(bool halt) &&;
  // All or nothing. Its transaction takes the write lock at its beginning if a member may write.
  [[nodiscard]] Plan atomic_batch() &&;
  // The end of the transaction.
  [[nodiscard]] Plan commit() &&;
  // The steps of a cursor for one member.
  [[nodiscard]] Plan cursor(hrana::Batch& batch) &&;

 private:
  using Conditions = std::vector<hrana::Condition>;

  std::uint32_t step(std::string_view sql, Conditions conditions);
  std::uint32_t step(hrana::Stmt stmt, Conditions conditions);
  void add_prefix();
  void add_one_by_one();
  // `guarded`: only while a transaction is open.
  void add_members(bool chained, bool guarded);
  void add_probe();
  [[nodiscard]] Plan finished();
  [[nodiscard]] bool all_read() const noexcept;
  [[nodiscard]] bool any_of_kind(auto&& matches) const noexcept;

  const Standing standing_;
  bool is_over_ = false;  // A member ends the transaction that the request names.
  Plan plan_;
  std::vector<hrana::Stmt> statements_;  // Of the members; an empty one for those that failed.
  hrana::Batch batch_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_STATEMENT_PLAN_H_
