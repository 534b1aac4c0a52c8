// Runs one request (libsql/request.h) on a remote session: what every kind of request means for a
// server. What needs no server is answered at once.
#ifndef LIBSQL_REMOTE_REQUEST_RUNNER_H_
#define LIBSQL_REMOTE_REQUEST_RUNNER_H_

#include <memory>
#include <string_view>

#include "libsql/request.h"
#include "remote/session_core.h"
#include "remote/statement_answer.h"
#include "remote/statement_plan.h"

namespace libsql::remote {

// Each operator() answers true if the request has been answered, false if that comes later, or
// throws its error. It has the session's turn.
class RequestRunner {
 public:
  RequestRunner(std::shared_ptr<SessionCore> core, Call& call) noexcept
      : core_(std::move(core)), data_(core_->data()), call_(call) {}

  [[nodiscard]] bool run(const Request& request);

  bool operator()(const request::Execute& request);
  bool operator()(const request::Batch& request);
  bool operator()(const request::Script& request);
  bool operator()(const request::Check& request);
  bool operator()(const request::Uncache& request);
  bool operator()(const request::Prepare& request);
  bool operator()(const request::Describe& request);
  bool operator()(const request::Count& request);
  bool operator()(const request::ResetStatement& request);
  bool operator()(const request::CloseStatement& request);
  bool operator()(const request::OpenCursor& request);
  bool operator()(const request::Fetch& request);
  bool operator()(const request::CloseCursor& request);
  bool operator()(const request::Begin& request);
  bool operator()(const request::Commit& request);
  bool operator()(const request::Rollback& request);
  bool operator()(const request::Savepoint& request);
  bool operator()(const request::Writes& request);
  bool operator()(const request::Reset& request);
  bool operator()(const request::Listen& request);
  bool operator()(const request::Status& request);

 private:
  using Shape = StatementAnswer::Shape;

  void check_transaction() const;
  void require_transaction(const char* problem) const;
  [[nodiscard]] Receiver& receiver() const noexcept { return call_.answer_to(); }
  [[nodiscard]] std::string text_of(const std::variant<std::string_view, StatementId>& statement);
  [[nodiscard]] Standing standing() const;
  // Errors: read_only while writes are refused.
  void admit(StatementKind kind, std::string_view sql) const;
  [[nodiscard]] hrana::Stmt admitted(std::string_view sql, StatementKind kind,
                                     Parameters* parameters) const;
  // Adds the members up to the first that fails where that ends the batch.
  void add_members(PlanBuilder& plan, Commands& members, OnError on_error);
  [[nodiscard]] bool send(Plan plan, Shape shape);
  [[nodiscard]] bool describe(std::string_view sql, bool prepares);
  // Reads the rest of the cursor that the transaction's stream is busy with, then runs the request.
  [[nodiscard]] bool drain_first(const Request& request);
  [[nodiscard]] bool release(const request::Savepoint& request);

  const std::shared_ptr<SessionCore> core_;
  SessionData& data_;
  Call& call_;
};

}  // namespace libsql::remote

#endif  // LIBSQL_REMOTE_REQUEST_RUNNER_H_
