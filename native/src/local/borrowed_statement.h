// A statement in use by the session itself: it goes back to the cache at the end of the scope.
#ifndef LIBSQL_LOCAL_BORROWED_STATEMENT_H_
#define LIBSQL_LOCAL_BORROWED_STATEMENT_H_

#include <memory>
#include <utility>

#include "local/session.h"
#include "local/statement.h"

namespace libsql::local {

class BorrowedStatement {
 public:
  // Empty.
  explicit BorrowedStatement(LocalSession& session) noexcept : session_(&session) {}
  BorrowedStatement(LocalSession& session, std::unique_ptr<LocalStatement> statement) noexcept
      : session_(&session), statement_(std::move(statement)) {}
  BorrowedStatement(BorrowedStatement&&) noexcept = default;
  BorrowedStatement& operator=(BorrowedStatement&&) = delete;
  BorrowedStatement(const BorrowedStatement&) = delete;
  BorrowedStatement& operator=(const BorrowedStatement&) = delete;
  ~BorrowedStatement() { replace(nullptr); }

  void replace(std::unique_ptr<LocalStatement> statement) noexcept {
    if (statement_ != nullptr) session_->give_back(std::move(statement_));
    statement_ = std::move(statement);
  }
  explicit operator bool() const noexcept { return statement_ != nullptr; }
  [[nodiscard]] LocalStatement& operator*() const noexcept { return *statement_; }
  [[nodiscard]] LocalStatement* operator->() const noexcept { return statement_.get(); }

 private:
  LocalSession* session_;
  std::unique_ptr<LocalStatement> statement_;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_BORROWED_STATEMENT_H_
