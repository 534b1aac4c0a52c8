// Runs one request (libsql/request.h) on a local session, within its limits: what every kind of
// request means for SQLite.
#ifndef LIBSQL_LOCAL_REQUEST_RUNNER_H_
#define LIBSQL_LOCAL_REQUEST_RUNNER_H_

#include <cstddef>
#include <string_view>
#include <variant>

#include "libsql/receiver.h"
#include "libsql/request.h"
#include "local/session.h"
#include "local/statement.h"

namespace libsql::local {

class AtomicScope;
class BorrowedStatement;

// Each operator() answers finished, queued or would_block, or throws the request's error. Under a
// budget, ErrorKind::would_block is thrown as well (blocked() says what follows from it).
class RequestRunner {
 public:
  RequestRunner(LocalSession& session, const Limits& limits, Receiver& receiver) noexcept
      : session_(session), limits_(limits), receiver_(receiver) {}

  [[nodiscard]] Started run(const Request& request);
  // After an error of the kind would_block.
  [[nodiscard]] Started blocked();

  // request_runner.cc: statements, cursors, transactions
  Started operator()(const request::Execute& request);
  Started operator()(const request::Check& request);
  Started operator()(const request::Uncache& request);
  Started operator()(const request::Prepare& request);
  Started operator()(const request::Describe& request);
  Started operator()(const request::Count& request);
  Started operator()(const request::ResetStatement& request);
  Started operator()(const request::CloseStatement& request);
  Started operator()(const request::OpenCursor& request);
  Started operator()(const request::Fetch& request);
  Started operator()(const request::CloseCursor& request);
  Started operator()(const request::Begin& request);
  Started operator()(const request::Commit& request);
  Started operator()(const request::Rollback& request);
  Started operator()(const request::Savepoint& request);
  Started operator()(const request::Writes& request);
  Started operator()(const request::Reset& request);
  Started operator()(const request::Listen& request);
  Started operator()(const request::Status& request);
  // batches.cc
  Started operator()(const request::Batch& request);
  Started operator()(const request::Script& request);

 private:
  friend class MemberRun;
  enum class Bindings : std::uint8_t { cleared, left };

  // Errors: unknown_transaction, or misuse when SQLite has rolled it back.
  void check_transaction() const;
  [[nodiscard]] bool is_bounded() const noexcept { return limits_.budget.has_value(); }
  // Too long to be looked up or compiled under a budget.
  [[nodiscard]] bool too_long(std::string_view sql) const noexcept;
  [[nodiscard]] bool may_end_transaction() const;
  [[nodiscard]] Started queue();
  // Holds the write lock for a batch. False: it has to queue.
  [[nodiscard]] bool hold_write();

  [[nodiscard]] BorrowedStatement cached(std::string_view sql);
  [[nodiscard]] Started execute(LocalStatement& statement, Parameters* parameters,
                                Bindings bindings);
  // Returns the bytes of the texts and blobs that were bound.
  std::size_t bind(LocalStatement& statement, Parameters* parameters);
  [[nodiscard]] Started step_through(LocalStatement& statement);
  void announce_columns(const LocalStatement& statement);
  template <typename Id, typename Tell>
  void announce(Id id, Tell&& tell);

  // batches.cc
  [[nodiscard]] bool may_write(Commands& members);
  [[nodiscard]] Started run_members(Commands& members, OnError on_error, AtomicScope* scope);
  [[nodiscard]] Started run_script(std::string_view sql, AtomicScope* scope);

  LocalSession& session_;
  const Limits& limits_;
  Receiver& receiver_;
  bool writes_ = false;  // A statement of the request needs the write lock.
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_REQUEST_RUNNER_H_
