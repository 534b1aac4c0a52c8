#include "local/vector_definition.h"

#include <new>
#include <string>

#include "local/sqlite.h"
#include "vector/definition.h"
#include "vector/sqlite_statement.h"

namespace libsql::local {

namespace {

// A transaction or, in one that is open, a savepoint. Undone unless kept.
class Scope {
 public:
  // Takes the write lock at once: reading first could make another process's write the end of it.
  explicit Scope(sqlite3* db) : db_(db), nested_(sqlite3_get_autocommit(db) == 0) {
    run(nested_ ? "SAVEPOINT libsql_vector_definition" : "BEGIN IMMEDIATE");
  }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    // SQLite may have rolled back all by itself.
    if (kept_ || sqlite3_get_autocommit(db_) != 0) return;
    sqlite3_exec(db_,
                 nested_ ? "ROLLBACK TO libsql_vector_definition; RELEASE libsql_vector_definition"
                         : "ROLLBACK",
                 nullptr, nullptr, nullptr);
  }
  void keep() {
    run(nested_ ? "RELEASE libsql_vector_definition" : "COMMIT");
    kept_ = true;
  }

 private:
  void run(const char* sql) { vector::execute(db_, sql); }

  sqlite3* db_;
  const bool nested_;
  bool kept_ = false;
};

void run_all(LocalSession& session, sqlite3_stmt* stmt, std::string_view sql,
             vector::Definition& definition) {
  sqlite3* const db = session.db();
  Scope scope(db);
  try {
    definition.before(db);
    int rc = SQLITE_ROW;
    while (rc == SQLITE_ROW) rc = session.cancellation().step(stmt);
    if (rc != SQLITE_DONE) throw session.error(rc, sql);
    definition.after(db);
    scope.keep();
  } catch (const vector::SqliteFailure& failure) {
    // Before the scope's end, which replaces SQLite's message.
    throw session.error(failure.code(), sql);
  }
}

}  // namespace

int step_definition(LocalSession& session, sqlite3_stmt* stmt, std::string_view sql) noexcept {
  try {
    try {
      auto definition = vector::Definition::of(session.db(), sql);
      if (!definition) return session.cancellation().step(stmt);
      run_all(session, stmt, sql, *definition);
      return SQLITE_DONE;
    } catch (const vector::SqliteFailure& failure) {
      throw session.error(failure.code(), sql);
    } catch (const vector::Failure& failure) {
      throw Error(ErrorKind::error, failure.what(), SQLITE_ERROR).with_statement(sql);
    }
  } catch (const Error& error) {
    session.cancellation().keep_failure(error);
    return SQLITE_ERROR;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

}  // namespace libsql::local
