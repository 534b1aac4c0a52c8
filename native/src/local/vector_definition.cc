#include "local/vector_definition.h"

#include <new>
#include <string>
#include <utility>

#include "local/sqlite.h"
#include "vector/definition.h"
#include "vector/libsql_index.h"
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
    definition.after(db, session.vector_builds());
    scope.keep();
  } catch (const vector::SqliteFailure& failure) {
    // Before the scope's end, which replaces SQLite's message.
    throw session.error(failure.code(), sql);
  }
}

// Runs `function`. Errors that vectors have become those of the statement.
template <typename Function>
auto translated(LocalSession& session, std::string_view sql, Function&& function) {
  try {
    return std::forward<Function>(function)();
  } catch (const vector::SqliteFailure& failure) {
    throw session.error(failure.code(), sql);
  } catch (const vector::Failure& failure) {
    throw Error(ErrorKind::error, failure.what(), SQLITE_ERROR).with_statement(sql);
  }
}

// The same, with a build that the error ends reported.
template <typename Function>
auto with_errors(LocalSession& session, std::string_view sql, Function&& function) {
  try {
    return translated(session, sql, std::forward<Function>(function));
  } catch (const Error& error) {
    session.vector_builds().fail(error);
    throw;
  } catch (const std::bad_alloc&) {
    session.vector_builds().fail(Error(ErrorKind::out_of_memory, "out of memory"));
    throw;
  }
}

// The same, with the error kept for the statement.
template <typename Function>
int kept_errors(LocalSession& session, std::string_view sql, Function&& function) noexcept {
  try {
    return with_errors(session, sql, std::forward<Function>(function));
  } catch (const Error& error) {
    session.cancellation().keep_failure(error);
    return SQLITE_ERROR;
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  }
}

bool cannot_write(sqlite3* db, const std::string& schema) {
  return sqlite3_db_readonly(db, schema.c_str()) == 1;
}

void hide(LocalSession& session) {
  sqlite3* const db = session.db();
  if (!cannot_write(db, "main")) {
    throw Error(ErrorKind::unsupported,
                "libSQL has built an index on vectors in a file that cannot be written: open it by "
                "itself, with the mode read_only");
  }
  const int rc = vector::hide_indexes(db);
  if (rc != SQLITE_OK) throw session.error(rc, {});
  session.note_hidden_vectors();
}

void adopt_all(LocalSession& session) {
  sqlite3* const db = session.db();
  Scope scope(db);
  // Again within the transaction: another connection may have done it.
  for (const vector::IndexName& index : vector::libsql_indexes(db)) {
    if (!cannot_write(db, index.schema)) vector::adopt(db, index, session.vector_builds());
  }
  scope.keep();
}

void provide_for_libsql(LocalSession& session) {
  sqlite3* const db = session.db();
  bool found = false;
  bool hidden = false;
  for (const vector::IndexName& index : vector::libsql_indexes(db)) {
    (cannot_write(db, index.schema) ? hidden : found) = true;
  }
  if (hidden) hide(session);
  if (found) adopt_all(session);
}

}  // namespace

int step_definition(LocalSession& session, sqlite3_stmt* stmt, std::string_view sql) noexcept {
  return kept_errors(session, sql, [&] {
    auto definition = vector::Definition::of(session.db(), sql);
    if (!definition) return session.cancellation().step(stmt);
    run_all(session, stmt, sql, *definition);
    return SQLITE_DONE;
  });
}

int step_attach(LocalSession& session, sqlite3_stmt* stmt, std::string_view sql) noexcept {
  return kept_errors(session, sql, [&] {
    const int rc = session.cancellation().step(stmt);
    if (rc == SQLITE_DONE && vector::has_libsql_metadata(session.db())) {
      provide_for_libsql(session);
    }
    return rc;
  });
}

void take_over_libsql_indexes(LocalSession& session) {
  if (session.hides_vectors() || !vector::has_libsql_metadata(session.db())) return;
  with_errors(session, {}, [&] { provide_for_libsql(session); });
}

}  // namespace libsql::local
