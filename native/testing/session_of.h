// The local session behind a connection, for tests of what the public classes do not show: costs,
// budgets, the write lock.
#ifndef LIBSQL_TESTING_SESSION_OF_H_
#define LIBSQL_TESTING_SESSION_OF_H_

#include <memory>
#include <utility>

#include "libsql/connection.h"
#include "libsql/statement.h"
#include "local/session.h"
#include "local/statement.h"

namespace libsql {

// Befriended by Connection and Statement.
struct ConnectionAccess {
  static core::Session& session(Connection& connection) { return *connection.session(); }
  static core::PreparedStatement& statement(Statement& statement) { return statement.impl(); }
  static std::shared_ptr<core::Session> shared(Connection& connection) {
    return connection.session_;
  }
  static Connection connection(std::shared_ptr<core::Session> session) {
    return Connection(std::move(session));
  }
};

}  // namespace libsql

namespace libsql::testing {

[[nodiscard]] inline local::LocalSession& session_of(Connection& connection) {
  return dynamic_cast<local::LocalSession&>(ConnectionAccess::session(connection));
}

[[nodiscard]] inline local::StatementCost cost_of(Statement& statement) {
  return dynamic_cast<local::LocalStatement&>(ConnectionAccess::statement(statement)).cost();
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_SESSION_OF_H_
