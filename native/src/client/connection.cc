// The public Connection: statements, facts and settings, passed on to the session.
#include "libsql/connection.h"

#include <utility>

#include "client/blocking_receiver.h"
#include "core/file_error.h"
#include "core/session.h"
#include "core/sql_pragma.h"
#include "libsql/error.h"
#include "libsql/functions.h"

namespace libsql {

namespace {

// SQLite opens these names as temporary databases: a copy would be lost when it is closed, and a
// restore would leave an empty database.
void check_file_path(std::string_view path) {
  if (path.empty() || path == ":memory:") {
    throw Error(ErrorKind::invalid_argument, "not the path of a file: '" + std::string(path) + "'");
  }
  if (path.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::invalid_argument, "the path contains a NUL byte");
  }
}

}  // namespace

namespace {

core::ReplicaControl& replica_control(core::Session& session) {
  if (core::ReplicaControl* const control = session.replica()) return *control;
  throw Error(ErrorKind::unsupported, "the connection is not one to a replica");
}

core::PrepareMode mode_of(bool keep) noexcept {
  return keep ? core::PrepareMode::cached : core::PrepareMode::fresh;
}

}  // namespace

Connection::Connection(std::shared_ptr<core::Session> session) : session_(std::move(session)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

// Held for the call, so that a callback may even destroy its Connection.
std::shared_ptr<core::Session> Connection::session() const {
  if (session_ == nullptr) throw Error(ErrorKind::closed, "the connection is closed");
  return session_;
}

void Connection::close() noexcept {
  if (session_ != nullptr) session_->close();
}

bool Connection::is_open() const noexcept { return session_ != nullptr && session_->is_open(); }

// --- Requests ---

Started Connection::start(const Request& request, const Limits& limits, Receiver& receiver) {
  return session()->start(request, limits, receiver);
}

bool Connection::answers_later() const noexcept {
  return session_ != nullptr && session_->answers_later();
}

void Connection::cancel(const Receiver& receiver) noexcept {
  if (session_ != nullptr) session_->cancel(receiver);
}

SessionState Connection::state() const {
  if (!is_open()) throw Error(ErrorKind::closed, "the connection is closed");
  return session()->state();
}

// --- Statements ---

Statement Connection::compile(std::string_view sql, bool keep) {
  std::string_view tail;
  auto impl = session()->prepare(sql, mode_of(keep), &tail);
  if (impl == nullptr) {
    throw Error(ErrorKind::invalid_argument, "the SQL text contains no statement");
  }
  Statement statement(session_, std::move(impl));
  if (!tail.empty()) {
    throw Error(ErrorKind::invalid_argument, "the SQL text contains more than one statement");
  }
  return statement;
}

Statement Connection::prepare(TextView sql) { return compile(sql, false); }

Statement Connection::cached(TextView sql) { return compile(sql, true); }

std::optional<Statement> Connection::first(TextView sql, std::string_view& tail) {
  auto impl = session()->prepare(sql, core::PrepareMode::cached, &tail);
  if (impl == nullptr) return std::nullopt;
  return Statement(session_, std::move(impl));
}

void Connection::uncache(TextView sql) { client::run(*session(), request::Uncache{sql}); }

void Connection::execute_script(TextView sql) {
  std::string_view rest = sql;
  while (auto statement = first(rest, rest)) statement->execute();
}

Value Connection::query_one(TextView sql, std::span<const ValueView> values) {
  Statement statement = cached(sql);
  statement.bind_all(values);
  if (statement.step() == Step::done) throw_no_row(sql);
  Value value = statement.column(0).to_value();
  expect_end(statement);
  return value;
}

void Connection::throw_no_row(std::string_view sql) {
  throw Error(ErrorKind::error, "expected one row, got none").with_statement(sql);
}

void Connection::expect_end(Statement& statement) {
  if (statement.step() == Step::done) return;
  throw Error(ErrorKind::error, "expected one row, got more").with_statement(statement.sql());
}

Cursor Connection::open_cursor(TextView sql, std::vector<Value> values) {
  return cursor_of(cached(sql), std::move(values));
}

Cursor Connection::cursor_of(Statement statement, std::vector<Value> values) {
  statement.impl().bind_to_transaction();
  return Cursor(std::move(statement), std::move(values));
}

// --- Transactions ---

Transaction Connection::begin(TransactionMode mode) {
  begin_transaction(mode);
  return Transaction(session_);
}

void Connection::begin_transaction(TransactionMode mode) {
  client::run(*session(), request::Begin{mode});
}
void Connection::commit() { client::run(*session(), request::Commit{}); }

bool Connection::rollback() {
  const bool open = in_transaction();
  client::run(*session(), request::Rollback{});
  return open;
}

void Connection::savepoint(TextView name) {
  client::run(*session(), request::Savepoint{SavepointOp::open, name});
}
void Connection::release_savepoint(TextView name) {
  client::run(*session(), request::Savepoint{SavepointOp::release, name});
}
void Connection::rollback_to_savepoint(TextView name) {
  client::run(*session(), request::Savepoint{SavepointOp::rollback_to, name});
}

bool Connection::in_transaction() const { return session()->state().in_transaction; }
void Connection::refuse_writes() { client::run(*session(), request::Writes{WriteRule::refuse}); }
void Connection::allow_writes() { client::run(*session(), request::Writes{WriteRule::allow}); }
bool Connection::read_only() const { return session()->read_only(); }

// --- Facts ---

std::int64_t Connection::last_insert_rowid() const { return state().last_insert_rowid; }
std::int64_t Connection::changes() const { return state().changes; }
std::int64_t Connection::total_changes() const { return state().total_changes; }
ConnectionStats Connection::stats() const { return client::local_control(*session()).stats(); }

std::optional<Value> Connection::run_pragma(std::string_view sql) {
  Statement statement = prepare(sql);  // Never cached: some pragmas act while they are compiled.
  std::optional<Value> value;
  while (statement.step() == Step::row) {
    if (!value.has_value()) value = statement.column(0).to_value();
  }
  return value;
}

std::optional<Value> Connection::pragma(TextView name) {
  return run_pragma(core::pragma_statement(name));
}

std::optional<Value> Connection::pragma(TextView name, TextView value) {
  return run_pragma(core::pragma_statement(name, value));
}

// --- Waiting and stopping ---

void Connection::set_busy_timeout(std::chrono::milliseconds timeout) {
  client::local_control(*session()).set_busy_timeout(timeout);
}

void Connection::interrupt() noexcept {
  if (session_ != nullptr) session_->interrupt();
}

void Connection::set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) {
  session()->set_deadline(deadline);
}

void Connection::set_cancel_check(std::function<bool()> cancelled) {
  client::local_control(*session()).set_cancel_check(std::move(cancelled));
}

std::chrono::milliseconds Connection::busy_timeout() const {
  return client::local_control(*session()).busy_timeout();
}

std::optional<int> Connection::protocol_version() const { return session()->protocol_version(); }

// --- Replicas ---

bool Connection::is_replica() const noexcept {
  return session_ != nullptr && session_->replica() != nullptr;
}
SyncReport Connection::sync(const SyncRequest& request) {
  return replica_control(*session()).sync(request);
}
ReplicaStatus Connection::replica_status() const {
  return replica_control(*session()).replica_status();
}
void Connection::freeze() { replica_control(*session()).freeze(); }

// --- The database as a whole ---

CheckpointResult Connection::checkpoint(CheckpointMode mode, TextView database) {
  return client::local_control(*session()).checkpoint(mode, database);
}

void Connection::backup_to(TextView path, const BackupProgress& progress, int pages_per_step,
                           const KeyChoice& key) {
  check_file_path(path);
  client::local_control(*session()).backup_to(std::string(path), progress, pages_per_step, key);
}

void Connection::restore_from(TextView path, const BackupProgress& progress, int pages_per_step,
                              const KeyChoice& key) {
  check_file_path(path);
  client::local_control(*session()).restore_from(std::string(path), progress, pages_per_step, key);
}

std::string Connection::serialise(TextView database) {
  return client::local_control(*session()).serialise(database);
}

void Connection::deserialise(TextView image, TextView database) {
  client::local_control(*session()).deserialise(image, database);
}

void Connection::vacuum_into(TextView path, const KeyChoice& key) {
  check_file_path(path);
  const std::string location =
      client::local_control(*session()).copy_location(std::string(path), key);
  try {
    prepare("VACUUM INTO ?").execute(location);
  } catch (const Error& error) {
    throw core::with_copy_name(core::with_path(error, location, path), path);
  }
}

// --- Blobs in portions ---

BlobHandle Connection::open_blob(TextView table, TextView column, std::int64_t rowid, BlobMode mode,
                                 TextView database) {
  const std::shared_ptr<core::Session> session = this->session();
  return {session, client::local_control(*session).open_blob(
                       {std::string(database), std::string(table), std::string(column), rowid,
                        mode == BlobMode::write})};
}

// --- Extensions, events, policy ---

void Connection::enable_extensions(bool enabled) {
  client::local_control(*session()).enable_extensions(enabled);
}
void Connection::load_extension(const Extension& extension) {
  client::local_control(*session()).load_extension(extension);
}
void Connection::observe(EventHandler handler) {
  core::LocalControl* const local = session()->local();
  if (local == nullptr) {
    throw Error(ErrorKind::unsupported,
                "a server reports changes by table only: listen(), or in Elixir "
                "subscribe(conn, [{:changes, table}])");
  }
  local->observe(std::move(handler));
}

std::shared_ptr<Listening> Connection::listen(TextView table, EventHandler handler) {
  auto listening = std::make_shared<Listening>(std::move(handler));
  static_cast<void>(client::run(*session(), request::Listen{table, listening}));
  return listening;
}

void Connection::set_access_policy(AccessPolicy policy) {
  client::local_control(*session()).set_access_policy(std::move(policy));
}

void Connection::create_function(FunctionDefinition definition) {
  client::local_control(*session()).create_function(std::move(definition));
}
void Connection::create_collation(CollationDefinition definition) {
  client::local_control(*session()).create_collation(std::move(definition));
}
void Connection::remove_function(TextView name, int arguments) {
  client::local_control(*session()).remove_function(std::string(name), arguments);
}
void Connection::remove_collation(TextView name) {
  client::local_control(*session()).remove_collation(std::string(name));
}

void Connection::reset() { client::run(*session(), request::Reset{}); }

}  // namespace libsql
