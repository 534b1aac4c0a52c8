// One connection to a database: statements, transactions, and everything that belongs to a session.
#ifndef LIBSQL_CONNECTION_H_
#define LIBSQL_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "libsql/access_policy.h"
#include "libsql/arguments.h"
#include "libsql/batch.h"
#include "libsql/blob.h"
#include "libsql/cursor.h"
#include "libsql/events.h"
#include "libsql/export.h"
#include "libsql/listening.h"
#include "libsql/maintenance.h"
#include "libsql/options.h"
#include "libsql/receiver.h"
#include "libsql/replica.h"
#include "libsql/request.h"
#include "libsql/row.h"
#include "libsql/statement.h"
#include "libsql/transaction.h"
#include "libsql/value.h"

namespace libsql {

struct CollationDefinition;
struct FunctionDefinition;

// A connection.
//
// Threads: thread-compatible, except interrupt(), cancel() and is_open(), which any thread may call
// at any time. Lifetime: a resource; movable so that a factory can return it. Statements, cursors
// and transactions keep the session's memory alive, but close() ends it for all of them.
class LIBSQL_API Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Rolls back, finalises all statements and closes. A second call does nothing.
  void close() noexcept;
  [[nodiscard]] bool is_open() const noexcept;

  // --- Requests ---

  // Starts one request; `receiver` gets its answer. The form of the API for callers that must not
  // block: they set Limits, and what start() cannot do within them it says. The calls below are
  // written with it, and wait.
  Started start(const Request& request, const Limits& limits, Receiver& receiver);
  // Whether what takes time happens at a server, so that start() never waits (but for what a
  // replica reads from its file, which runs as on a local connection): it answers pending, or
  // would_block (with a budget) for a request that takes long to encode. Several may be pending;
  // they run in the order of the calls.
  [[nodiscard]] bool answers_later() const noexcept;
  // Gives up a request that is pending, by what Receiver::detach() has returned: it ends with
  // ErrorKind::interrupted, unless its answer comes first.
  void cancel(const Receiver& receiver) noexcept;
  // Errors: closed.
  [[nodiscard]] SessionState state() const;

  // --- Statements ---

  // Compiles one statement that the caller keeps. Errors: error with the offset of the mistake,
  // invalid_argument for an embedded NUL, for no statement at all, or for more than one.
  [[nodiscard]] Statement prepare(TextView sql);
  // The same from the cache of compiled statements, to which it returns when the object dies.
  [[nodiscard]] Statement cached(TextView sql);
  // As cached(), for the first statement of `sql`; sets `tail` to what follows it. Nothing but
  // white space and comments gives an empty optional.
  [[nodiscard]] std::optional<Statement> first(TextView sql, std::string_view& tail);
  // Drops the cached statement of this text, if there is one.
  void uncache(TextView sql);

  // Compiles (from the cache), binds, runs to the end; returns the number of rows changed. The
  // arguments are values by position, named() ones, or a struct: see arguments.h.
  template <typename... Arguments>
  requires SqlArguments<Arguments...> std::int64_t execute(TextView sql,
                                                           const Arguments&... arguments) {
    if constexpr (sizeof...(Arguments) == 0) {
      return cached(sql).execute();
    } else {
      return cached(sql).execute(arguments...);
    }
  }
  // Runs every statement of a text in turn. Errors: those of the first that fails; the ones before
  // it have run.
  void execute_script(TextView sql);
  // The first column of the first row. Errors: error unless there is exactly one row.
  [[nodiscard]] Value query_one(TextView sql, std::span<const ValueView> values = {});
  // The one row of a query, read as by Row::as(): a tuple for types of columns, a struct for a
  // struct. Views do not compile: the row is gone.
  // Errors: error unless there is exactly one row; those of Row::as().
  template <typename... Columns, typename... Arguments>
  requires OwnedRow<Columns...> && SqlArguments<Arguments...>
  [[nodiscard]] RowOf<Columns...> query_one(TextView sql, const Arguments&... arguments) {
    auto row = query_optional<Columns...>(sql, arguments...);
    if (!row) throw_no_row(sql);
    return *std::move(row);
  }
  // The same for a query that may have no row. Errors: error for more than one.
  template <typename... Columns, typename... Arguments>
  requires OwnedRow<Columns...> && SqlArguments<Arguments...>
  [[nodiscard]] std::optional<RowOf<Columns...>> query_optional(TextView sql,
                                                                const Arguments&... arguments) {
    return detail::with_arguments(
        [&](const detail::ArgumentViews& views) {
          Statement statement = cached(sql);
          statement.bind_arguments(views);
          std::optional<RowOf<Columns...>> read;
          if (const auto row = statement.next()) {
            read = row->template as<Columns...>();
            expect_end(statement);
          }
          return read;
        },
        arguments...);
  }
  // The one value of a query with one column and one row.
  template <OwnedColumn T = Value, typename... Arguments>
  requires SqlArguments<Arguments...>
  [[nodiscard]] T query_value(TextView sql, const Arguments&... arguments) {
    return std::get<0>(query_one<T>(sql, arguments...));
  }
  // The rows of a query, read one by one as they are asked for:
  //   for (const auto [id, title] : db.query<std::int64_t, std::string_view>(sql, 8)) ...
  //   for (const Book& book : db.query<Book>(sql)) ...
  // The arguments are copied.
  template <typename... Columns, typename... Arguments>
  requires SqlArguments<Arguments...>
  [[nodiscard]] Rows<Columns...> query(TextView sql, const Arguments&... arguments) {
    Statement statement = cached(sql);
    std::vector<Value> values = detail::with_arguments(
        [&](const detail::ArgumentViews& views) { return statement.owned(views); }, arguments...);
    return Rows<Columns...>(cursor_of(std::move(statement), std::move(values)));
  }
  [[nodiscard]] Cursor open_cursor(TextView sql, std::vector<Value> values = {});
  // Errors with OnError::rollback: that of the member that failed; otherwise see
  // BatchResult::error.
  [[nodiscard]] std::vector<BatchResult> run(const Batch& batch,
                                             OnError on_error = OnError::rollback);

  // --- Transactions ---

  // Errors: misuse "cannot start a transaction within a transaction", busy.
  [[nodiscard]] Transaction begin(TransactionMode mode = TransactionMode::deferred);
  // The same without an object that rolls back at the end of its scope: end it by commit() or
  // rollback().
  void begin_transaction(TransactionMode mode);
  // Errors: misuse without a transaction. One that SQLite refuses is rolled back before this
  // throws.
  void commit();
  // True if there was a transaction.
  bool rollback();
  // Errors: invalid_argument unless is_identifier(name); misuse outside a transaction.
  void savepoint(TextView name);
  void release_savepoint(TextView name);
  void rollback_to_savepoint(TextView name);
  [[nodiscard]] bool in_transaction() const;
  // Refuses writes until allow_writes() or the end of the transaction, as
  // TransactionMode::read_only does from the beginning. Errors: misuse outside a transaction.
  void refuse_writes();
  // Ends what the last refuse_writes() or TransactionMode::read_only began, and nothing else:
  // PRAGMA query_only stays.
  void allow_writes();
  // Whether writes are refused now: by the transaction, by PRAGMA query_only, or because the
  // database was opened read-only.
  [[nodiscard]] bool read_only() const;
  // --- Facts ---

  [[nodiscard]] std::int64_t last_insert_rowid() const;
  [[nodiscard]] std::int64_t changes() const;
  [[nodiscard]] std::int64_t total_changes() const;
  [[nodiscard]] ConnectionStats stats() const;
  // Reads or sets a pragma. The value is checked as in Options::pragmas. An empty optional: no row.
  std::optional<Value> pragma(TextView name);
  std::optional<Value> pragma(TextView name, TextView value);

  // --- Waiting and stopping ---

  void set_busy_timeout(std::chrono::milliseconds timeout);
  // Stops the running statement, or its wait for a lock, from any thread, at once. Does nothing
  // when none runs.
  void interrupt() noexcept;
  // Statements that run beyond this instant end with ErrorKind::timeout. Empty: no deadline.
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline);
  // Asked every Options::progress_steps instructions and while waiting for a lock of another
  // process; true stops the statement as interrupt() does. Runs on the statement's thread. What
  // it throws becomes the statement's error. It must not use the connection: what it calls there
  // throws misuse, and close() does nothing but end the statement with that error.
  void set_cancel_check(std::function<bool()> cancelled);

  // The longest wait for the write lock: Options::busy_timeout or set_busy_timeout().
  [[nodiscard]] std::chrono::milliseconds busy_timeout() const;

  // The version of Hrana that the server speaks, 1 to 3, as far as its answers have told; nothing
  // before the first one, and for a local database.
  [[nodiscard]] std::optional<int> protocol_version() const;

  // --- Replicas ---

  // Whether the connection is one to a replica (Database::replica()).
  [[nodiscard]] bool is_replica() const noexcept;
  // Pulls what the primary has. Errors of these three: unsupported unless it is a replica; of the
  // first: those of the way to the primary; denied; timeout, interrupted, while the sync goes on.
  SyncReport sync(const SyncRequest& request = {});
  [[nodiscard]] ReplicaStatus replica_status() const;
  // Makes the file an ordinary database, which follows nobody, and ends this connection and all
  // others to it: whatever is called on them fails as closed. Errors: busy while a connection reads
  // an older state, or another process syncs; cannot_open if there is no local copy.
  void freeze();

  // --- The database as a whole ---

  CheckpointResult checkpoint(CheckpointMode mode, TextView database = "main");
  // Copies the live database into a new or existing file, `pages_per_step` at a time; a negative
  // number copies all in one step. Errors: interrupted when `progress` returns false; misuse within
  // a transaction that has written; invalid_argument for a path that names no file.
  // The copy is encrypted with `key`. Errors: io if that is of the cipher aes256gcm and this
  // database is not: vacuum_into() makes the room that it needs.
  void backup_to(TextView path, const BackupProgress& progress = {}, int pages_per_step = 256,
                 const KeyChoice& key = SameKey{});
  // Replaces this database by the content of a file that is encrypted with `key`.
  void restore_from(TextView path, const BackupProgress& progress = {}, int pages_per_step = 256,
                    const KeyChoice& key = SameKey{});
  // An image is never encrypted.
  [[nodiscard]] std::string serialise(TextView database = "main");
  // Replaces an attached or the main database by an in-memory copy of `image`.
  // Errors: not_a_database, corrupt, misuse inside a transaction; then nothing is replaced.
  void deserialise(TextView image, TextView database = "main");
  // Writes a compact copy, encrypted with `key`. Errors: error if the file exists and is not empty.
  void vacuum_into(TextView path, const KeyChoice& key = SameKey{});

  // --- Blobs in portions (blob.h) ---

  // Opens the blob or text in `column` of the row of that rowid, of a table with rowids. For
  // writing the column may be part of no index and no foreign key. The access policy is asked for
  // Action::read, for writing also for Action::update. Errors: error for what is not there, and
  // for a NULL or a number in its place; misuse for writing outside a transaction; read_only; busy;
  // denied; unsupported for a database on a server.
  [[nodiscard]] BlobHandle open_blob(TextView table, TextView column, std::int64_t rowid,
                                     BlobMode mode = BlobMode::read, TextView database = "main");

  // --- Extensions, events, policy ---

  void enable_extensions(bool enabled);
  // Errors: denied unless enable_extensions(true).
  void load_extension(const Extension& extension);
  // Replaces the observer; an empty function ends observation. Errors: unsupported where the SQLite
  // library was built without the pre-update hook.
  void observe(EventHandler handler);
  // Sends what commits change in a table of a server's database, whoever commits, until the result
  // is destroyed or stopped (listening.h). It has a connection to the server of its own, which is
  // opened again when it breaks: ChangesLost follows. Errors: unsupported for a local database, and
  // for a server without GET /beta/listen; unauthorised.
  [[nodiscard]] std::shared_ptr<Listening> listen(TextView table, EventHandler handler);
  // Replaces the policy; an empty deny list allows everything again. Cached statements are
  // recompiled.
  void set_access_policy(AccessPolicy policy);

  // --- Functions in C++ (functions.h) ---

  // For this connection only. Errors: invalid_argument for a name or a number of arguments (0 to
  // 127) that SQLite does not take; busy while a statement runs that may use what is replaced.
  void create_function(FunctionDefinition definition);
  void create_collation(CollationDefinition definition);
  // Removes one that this program has created. `arguments`: as in FunctionDefinition.
  void remove_function(TextView name, int arguments);
  void remove_collation(TextView name);

  // Rolls back, closes cursors, resets statements.
  void reset();

 private:
  friend class Database;
  friend struct ConnectionAccess;  // native/testing/session_of.h
  explicit Connection(std::shared_ptr<core::Session> session);
  [[nodiscard]] std::shared_ptr<core::Session> session() const;
  // Exactly one statement; `keep` takes it from the cache and gives it back there.
  [[nodiscard]] Statement compile(std::string_view sql, bool keep);
  std::optional<Value> run_pragma(std::string_view sql);
  [[nodiscard]] static Cursor cursor_of(Statement statement, std::vector<Value> values);
  [[noreturn]] static void throw_no_row(std::string_view sql);
  // Errors: error if there is another row.
  static void expect_end(Statement& statement);

  std::shared_ptr<core::Session> session_;
};

}  // namespace libsql

#endif  // LIBSQL_CONNECTION_H_
