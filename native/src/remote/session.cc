#include "remote/session.h"

#include <string>
#include <utility>

#include "core/sql_refused.h"
#include "libsql/error.h"
#include "libsql/sql.h"
#include "remote/statement.h"

namespace libsql::remote {

RemoteSession::RemoteSession(std::shared_ptr<Transport> transport,
                             std::chrono::milliseconds request_timeout,
                             std::shared_ptr<WriteObserver> observer)
    : core_(std::make_shared<SessionCore>(std::move(transport), request_timeout,
                                          std::move(observer))) {}

std::unique_ptr<core::PreparedStatement> RemoteSession::prepare(std::string_view sql,
                                                                core::PrepareMode /*mode*/,
                                                                std::string_view* tail) {
  if (!core_->is_open()) throw Error(ErrorKind::closed, "the connection is closed");
  core::refuse_zero_byte(sql);
  *tail = {};
  while (statement_kind(sql) != StatementKind::unknown) {
    const std::string_view first = first_statement(sql);
    const std::string_view rest = sql.substr(first.size());
    sql = rest;
    if (statement_kind(first) == StatementKind::unknown) continue;  // A semicolon alone.
    if (statement_kind(rest) != StatementKind::unknown) *tail = rest;
    return std::make_unique<RemoteStatement>(core_, std::string(first));
  }
  return nullptr;
}

void RemoteSession::give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept {
  statement.reset();
}

}  // namespace libsql::remote
