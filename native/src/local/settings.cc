// Pragmas of a session, and the hooks, extensions and policies that are set on it.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/sql_pragma.h"
#include "local/memory_limits.h"
#include "local/session.h"
#include "local/user_functions.h"

namespace libsql::local {

namespace {

// These look for their table or index in the cached schema, which SQLite verifies only if they find
// something: a table that another connection has just created is not found.
constexpr std::string_view kCachedSchemaPragmas[] = {"INDEX_LIST", "INDEX_INFO", "INDEX_XINFO",
                                                     "FOREIGN_KEY_LIST"};

bool uses_cached_schema(std::string_view pragma) noexcept {
  return std::ranges::any_of(kCachedSchemaPragmas, [pragma](std::string_view name) {
    return core::is_pragma(pragma, name);
  });
}

}  // namespace

// Without a table, table_info() verifies the schemas of all databases. If that fails, the statement
// that needs the schema reports the error.
void LocalSession::verify_schema() noexcept {
  sqlite3_exec(db_.get(), "PRAGMA table_info('')", nullptr, nullptr, nullptr);
}

void LocalSession::refresh_settings() {
  sqlite3* handle = db();
  wal_ = run_for_text(handle, "PRAGMA main.journal_mode") == "wal";
  full_sync_ = std::stoi(run_for_text(handle, "PRAGMA main.synchronous")) > 1;
}

void LocalSession::join_queue() { queue_ = WriterQueue::of_database(db()); }

bool LocalSession::read_only() const {
  return sqlite3_db_readonly(db(), "main") == 1 || run_for_text(db(), "PRAGMA query_only") == "1";
}

void LocalSession::refuse_writes() {
  db();
  if (!in_transaction()) throw Error(ErrorKind::misuse, "No active transaction");
  if (refusals_ == 0) {
    if (run_for_text(db(), "PRAGMA query_only") == "1") return;  // Set by the user: stays.
    run_for_text(db(), "PRAGMA query_only = 1");
  }
  ++refusals_;
}

void LocalSession::allow_writes() noexcept {
  if (refusals_ > 1)
    --refusals_;
  else
    end_refusals();
}

void LocalSession::end_refusals() noexcept {
  if (refusals_ == 0) return;
  try {
    run_for_text(db(), "PRAGMA query_only = 0");
    refusals_ = 0;
  } catch (const std::exception&) {
    refusals_ = 1;  // Out of memory: the next statement outside of the transaction tries again.
  }
}

StmtHandle LocalSession::compile_pragma(std::string_view sql, std::string_view* tail) {
  if (core::is_pragma(sql, "BUSY_TIMEOUT")) return compile_busy_timeout(sql, tail);
  refuse_memory_limit(sql);
  if (uses_cached_schema(sql)) verify_schema();
  install_auto_checkpoint();
  try {
    StmtHandle stmt = compile_next(sql, tail);
    take_over_checkpoints();
    refresh_settings();
    return stmt;
  } catch (const std::exception&) {
    install_wal_hook();
    throw;
  }
}

// This pragma reads and sets SQLite's own busy handler, which cannot be interrupted; so that one is
// installed while the pragma is compiled, which takes no lock, and at no other time.
StmtHandle LocalSession::compile_busy_timeout(std::string_view sql, std::string_view* tail) {
  sqlite3_busy_timeout(db(), static_cast<int>(busy_timeout().count()));
  try {
    StmtHandle stmt = compile_next(sql, tail);
    set_busy_timeout(
        std::chrono::milliseconds(std::stoi(run_for_text(db(), "PRAGMA busy_timeout"))));
    cancellation_->install_busy_handler(db());
    return stmt;
  } catch (const Error&) {
    cancellation_->install_busy_handler(db());
    throw;
  }
}

void LocalSession::observe(EventHandler handler) { feed_.observe(db(), std::move(handler)); }

void LocalSession::set_access_policy(AccessPolicy policy) {
  access_.apply(db(), std::move(policy));
  cache_.clear();
}

// SQLite compiles statements again that use what is replaced here.
void LocalSession::create_function(FunctionDefinition definition) {
  local::create_function(db(), cancellation_, std::move(definition));
}

void LocalSession::create_collation(CollationDefinition definition) {
  local::create_collation(db(), cancellation_, std::move(definition));
}

void LocalSession::remove_function(const std::string& name, int arguments) {
  local::remove_function(db(), name, arguments);
}

void LocalSession::remove_collation(const std::string& name) {
  local::remove_collation(db(), name);
}

void LocalSession::enable_extensions(bool enabled) {
  // Enables the C function only, not the SQL function load_extension().
  check(db(), sqlite3_db_config(db(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, enabled ? 1 : 0,
                                static_cast<int*>(nullptr)));
  extensions_enabled_ = enabled;
}

void LocalSession::load_extension(const Extension& extension) {
  db();
  if (!extensions_enabled_) {
    throw Error(ErrorKind::denied,
                "loading extensions is switched off: call enable_extensions first", SQLITE_AUTH);
  }
  for (const std::string* text : {&extension.path.str(), &extension.entry_point.str()}) {
    if (text->find('\0') != std::string::npos) {
      throw Error(ErrorKind::invalid_argument, "the extension's path contains a NUL byte");
    }
  }
  char* message = nullptr;
  const char* entry = extension.entry_point.empty() ? nullptr : extension.entry_point.str().c_str();
  const int rc = sqlite3_load_extension(db(), extension.path.str().c_str(), entry, &message);
  const std::unique_ptr<char, SqliteFree> owned(message);
  if (rc != SQLITE_OK) {
    throw Error(kind_of(rc), message == nullptr ? sqlite3_errstr(rc) : message, rc);
  }
}

std::int64_t LocalSession::changes() const { return sqlite3_changes64(db()); }

ConnectionStats LocalSession::stats() const {
  ConnectionStats stats;
  stats.cache_hits = cache_.hits();
  stats.cache_misses = cache_.misses();
  stats.cache_entries = cache_.size();
  stats.write_waits = write_waits_;
  stats.busy_retries = cancellation_->busy_retries();
  stats.checkpoints = checkpoints_;
  for (const int part :
       {SQLITE_DBSTATUS_CACHE_USED, SQLITE_DBSTATUS_SCHEMA_USED, SQLITE_DBSTATUS_STMT_USED}) {
    int current = 0;
    int highest = 0;
    sqlite3_db_status(db(), part, &current, &highest, 0);
    stats.memory_bytes += current;
  }
  return stats;
}

}  // namespace libsql::local
