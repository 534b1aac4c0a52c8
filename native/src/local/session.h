// A session with a local file or an in-memory database: one SQLite connection and what it needs.
//
// The life of a statement: prepare() takes it from the cache or compiles it; its first step() waits
// for its turn in the writer queue if it writes (acquire_write), and resets the cancellation; its
// end calls statement_done(), which asks SQLite whether a transaction is open, ends the turn, sends
// change events and runs a checkpoint that is due.
#ifndef LIBSQL_LOCAL_SESSION_H_
#define LIBSQL_LOCAL_SESSION_H_

#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/mutex.h"
#include "core/session.h"
#include "local/access.h"
#include "local/blob.h"
#include "local/cancellation.h"
#include "local/change_feed.h"
#include "local/keys.h"
#include "local/sqlite.h"
#include "local/statement.h"
#include "local/statement_cache.h"
#include "local/writer_queue.h"
#include "vector/build_progress.h"

namespace libsql::local {

class OpenHandles;

class LocalSession final : public core::Session, public core::LocalControl {
 public:
  // Takes over an open connection; open.h applies the options.
  LocalSession(DbHandle db, Keys keys, const Options& options);
  LocalSession(const LocalSession&) = delete;
  LocalSession& operator=(const LocalSession&) = delete;
  ~LocalSession() override;

  void close() noexcept override;
  [[nodiscard]] bool is_open() const noexcept override { return open_.load(); }

  Started start(const Request& request, const Limits& limits, Receiver& receiver) override;
  // No request is ever pending.
  void cancel(const Receiver& /*receiver*/) noexcept override {}
  [[nodiscard]] SessionState state() const override;
  [[nodiscard]] bool read_only() const override;
  [[nodiscard]] core::LocalControl* local() noexcept override { return this; }

  [[nodiscard]] std::unique_ptr<core::PreparedStatement> prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) override {
    return compile(sql, mode, tail);
  }
  void give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept override;

  void set_busy_timeout(std::chrono::milliseconds timeout) override {
    cancellation_->set_busy_timeout(timeout);
  }
  [[nodiscard]] std::chrono::milliseconds busy_timeout() const override {
    return cancellation_->busy_timeout();
  }
  void interrupt() noexcept override LIBSQL_EXCLUDES(handle_mutex_);
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) override {
    cancellation_->set_deadline(deadline);
  }
  void set_cancel_check(std::function<bool()> cancelled) override {
    refuse_in_callback();
    cancellation_->set_check(std::move(cancelled));
  }
  [[nodiscard]] ConnectionStats stats() const override;

  CheckpointResult checkpoint(CheckpointMode mode, std::string_view database) override;
  void backup_to(const std::string& path, const BackupProgress& progress, int pages,
                 const KeyChoice& key) override;
  void restore_from(const std::string& path, const BackupProgress& progress, int pages,
                    const KeyChoice& key) override;
  [[nodiscard]] std::string copy_location(const std::string& path, const KeyChoice& key) override;
  [[nodiscard]] std::string serialise(std::string_view database) override;
  void deserialise(std::string_view image, std::string_view database) override;

  [[nodiscard]] std::unique_ptr<core::OpenBlob> open_blob(const core::BlobPlace& place) override;

  void enable_extensions(bool enabled) override;
  void load_extension(const Extension& extension) override;
  void observe(EventHandler handler) override;
  void set_access_policy(AccessPolicy policy) override;
  void create_function(FunctionDefinition definition) override;
  void create_collation(CollationDefinition definition) override;
  void remove_function(const std::string& name, int arguments) override;
  void remove_collation(const std::string& name) override;

  // --- For requests (request_runner.cc, batches.cc) ---

  // As prepare(). A text that was cut out of a long one is not cached.
  [[nodiscard]] std::unique_ptr<LocalStatement> compile(std::string_view sql,
                                                        core::PrepareMode mode,
                                                        std::string_view* tail);
  // Errors: invalid_argument unless `sql` holds exactly one statement.
  [[nodiscard]] std::unique_ptr<LocalStatement> compile_one(std::string_view sql,
                                                            core::PrepareMode mode);
  void uncache(std::string_view sql) { cache_.remove(sql); }
  [[nodiscard]] OpenHandles& handles() noexcept { return *handles_; }
  // Room for the names of a result's columns, used by one request at a time.
  [[nodiscard]] std::vector<std::string_view>& column_names() noexcept { return column_names_; }
  [[nodiscard]] std::int64_t changes() const;
  // Resets statements and rolls back.
  void reset();

  void begin(TransactionMode mode);
  void commit();
  // True if there was a transaction.
  bool rollback();
  // Errors: misuse outside a transaction.
  void savepoint(SavepointOp op, std::string_view name);
  // Rolls back to a savepoint and releases it, for destructors. Does nothing if it has ended with
  // an outer one. If that fails for lack of memory, rolls back the whole transaction, so that no
  // part of the savepoint's changes is kept.
  void undo_savepoint(std::string_view name) noexcept;
  [[nodiscard]] bool in_transaction() const noexcept { return in_transaction_; }
  // Refuses writes, by PRAGMA query_only, until allow_writes() or the end of the transaction.
  // Errors: misuse outside a transaction.
  void refuse_writes();
  // Ends what the last refuse_writes() began, and nothing else.
  void allow_writes() noexcept;
  [[nodiscard]] std::uint64_t transaction_serial() const noexcept { return serial_; }
  // The number of the open transaction, 0 for none.
  [[nodiscard]] std::uint64_t open_transaction() const noexcept {
    return in_transaction_ ? serial_ : 0;
  }
  // The number of the last transaction that SQLite has rolled back by itself, when a statement in
  // it failed: an interrupted write, a full disk, ON CONFLICT ROLLBACK. 0 if there was none.
  [[nodiscard]] std::uint64_t auto_rolled_back() const noexcept { return auto_rolled_back_; }
  // What commit() or rollback() would cost now.
  [[nodiscard]] StatementCost end_of_transaction_cost() const;

  // While a budget is set, a statement that runs longer, meets a lock of another process, or needs
  // the write lock while another connection holds it, stops with ErrorKind::would_block, and
  // nothing has changed: it can be run again. Only bounded statements may run under a budget.
  void set_budget(std::optional<std::chrono::microseconds> budget) {
    cancellation_->set_budget(budget);
  }
  // With `false`, a statement that needs the write lock while another connection of this OS process
  // holds it fails with would_block instead of waiting.
  void set_write_wait(bool wait) noexcept { write_wait_ = wait; }
  // Takes the write lock of this process's queue, if it is free, for the next statement that
  // writes. True if this connection has it now.
  bool try_write();
  // Queues for it; see Receiver::on_turn().
  [[nodiscard]] std::shared_ptr<WriteTicket> queue_for_write(std::function<void()> granted);
  // Gives back a write lock that no transaction uses.
  void release_write() noexcept;
  // Takes the write lock and keeps it between statements until the matching release_write().
  // Errors: as a statement that writes; then nothing is held.
  void hold_write();

  // --- For opening (open.cc) ---

  // Reads the settings that pragmas can change: journal mode, synchronous.
  void refresh_settings();
  // Reads the threshold of SQLite's automatic checkpoint, and replaces that by ours.
  void take_over_checkpoints();
  // The keys of this session's files, for attaching.
  [[nodiscard]] Keys& keys() noexcept { return keys_; }
  // Finds the writer queue of the main database, which deserialise() may have replaced.
  void join_queue();

  // --- For statements ---

  // Errors: misuse within a callback of the caller's.
  void refuse_in_callback() const;
  // The open connection. Errors: closed; misuse within a callback.
  sqlite3* db() const;
  [[nodiscard]] Cancellation& cancellation() noexcept { return *cancellation_; }
  [[nodiscard]] ChangeFeed& feed() noexcept { return feed_; }
  // The error of a failed call, with the reason why the statement was stopped.
  [[nodiscard]] Error error(int rc, std::string_view sql) const;
  // Makes SQLite compare the schema that it knows with that of the file, and read it again if
  // another connection has changed it.
  void verify_schema() noexcept;
  // Errors: would_block if compiling `sql` may take longer than a budget allows.
  void check_compilation(std::string_view sql) const;
  // The one statement of a text that has been compiled before.
  [[nodiscard]] StmtHandle compile_again(std::string_view sql) {
    // Forgets why another statement was stopped before.
    cancellation_->start(running_ == 0, Cancellation::Stop::on_budget);
    std::string_view tail;
    return compile_next(sql, &tail);
  }
  // A statement starts. Errors: busy, would_block, interrupted, read_only.
  void statement_starts(const LocalStatement& statement);
  // A statement has ended, well or not.
  void statement_done(const LocalStatement& statement, bool ok) noexcept;
  // Whether a write may run where waiting for the disk is forbidden.
  [[nodiscard]] bool writes_without_disk() const;
  // Whether a checkpoint, a backup or a VACUUM of this process runs on the file.
  [[nodiscard]] bool in_upkeep() const noexcept { return queue_ && queue_->upkeep.load() > 0; }
  [[nodiscard]] const std::shared_ptr<WriterQueue>& queue() const noexcept { return queue_; }
  void enlist(LocalStatement* statement) { live_.insert(statement); }
  void forget(LocalStatement* statement) noexcept { live_.erase(statement); }
  // Whether SQLite's own indexes on vectors are hidden from this connection, which only reads.
  [[nodiscard]] bool hides_vectors() const noexcept { return hides_vectors_; }
  void note_hidden_vectors() noexcept { hides_vectors_ = true; }
  void note_write(bool bounded) noexcept { writes_ = bounded ? writes_ + 1 : kMaxInlineWrites + 1; }
  // Counts the cursors that end with their transaction.
  void count_cursor(int difference) noexcept { cursors_ += difference; }

  // Reports builds of indexes on vectors to Options::vector_build_observer.
  [[nodiscard]] vector::BuildProgress& vector_builds() noexcept { return vector_builds_; }

  // --- For blobs ---

  // An operation that runs a program of SQLite's is about to start.
  void blob_starts() noexcept;
  void blob_ended() noexcept { --running_; }
  void enlist(LocalBlob* blob) {
    blobs_.insert(blob);
    ++running_;
  }
  void forget(LocalBlob* blob) noexcept { blobs_.erase(blob); }

 private:
  class LimitScope;
  enum class Control : std::uint8_t { deferred, immediate, exclusive, commit, rollback };
  static constexpr std::size_t kControls = 5;
  // A commit of at most this many small writes is itself small.
  static constexpr int kMaxInlineWrites = 64;

  [[nodiscard]] std::unique_ptr<LocalStatement> compile_text(std::string_view sql,
                                                             core::PrepareMode mode,
                                                             std::string_view* tail);
  // Compiles with SQLite's own automatic checkpoint installed, and reads the settings again.
  [[nodiscard]] StmtHandle compile_pragma(std::string_view sql, std::string_view* tail);
  [[nodiscard]] StmtHandle compile_busy_timeout(std::string_view sql, std::string_view* tail);
  [[nodiscard]] LocalStatement& control(Control control);
  void run_control(Control which);
  [[nodiscard]] StmtHandle compile_next(std::string_view sql, std::string_view* tail);
  void acquire_write(std::string_view sql);
  [[nodiscard]] bool take_granted() noexcept;
  void end_refusals() noexcept;
  void transaction_boundary() noexcept;
  void end_cursors() noexcept;
  // Errors: denied, error, misuse for a table whose blobs may not be opened for writing.
  void check_writable(const std::string& table) const;
  // Those of one transaction, or all.
  void end_blobs(LocalBlob::State why, std::uint64_t transaction = 0) noexcept;
  void flush_events() noexcept;
  // Whether a commit may run where waiting for the disk is forbidden.
  [[nodiscard]] bool commits_without_disk() const;
  // Whether the next commit runs a checkpoint.
  [[nodiscard]] bool checkpoint_due() const noexcept;
  void run_due_checkpoints() noexcept;
  // Checkpoints and truncates a log that passive checkpoints have not kept short.
  void truncate_overgrown(const std::string& database, int frames);
  // The length at which a log is truncated next, if longer than the usual one.
  [[nodiscard]] std::atomic<int>& truncate_at(const std::string& database);
  // Whether the log is long enough to be synced while others write.
  [[nodiscard]] bool log_sync_due() const;
  void sync_log() noexcept;
  // Ends the turn in the writer queue, unless a transaction needs it or a caller holds it.
  void end_turn() noexcept;
  [[nodiscard]] DbHandle open_copy(const std::string& path, int flags, const KeyChoice& key);
  struct Source {
    sqlite3* db;
    const char* name;
  };
  [[nodiscard]] std::string image_of_copy(const std::string& database);
  [[nodiscard]] bool ask(const BackupProgress& progress, sqlite3_backup* backup);
  void copy_pages(sqlite3* to, Source from, const BackupProgress& progress, int pages);
  // Our WAL hook records which checkpoints are due. SQLite's automatic checkpoint, which PRAGMA
  // wal_autocheckpoint reads and sets, uses the same hook, and is installed while a pragma runs.
  void install_wal_hook() noexcept;
  void install_auto_checkpoint() noexcept;
  static int on_wal(void* self, sqlite3* db, const char* database, int pages);

  Keys keys_;  // Before the connection, which uses it to its end.
  DbHandle db_;
  std::atomic<bool> open_{true};
  core::Mutex handle_mutex_;  // Keeps close() from freeing the handle during interrupt().
  // Shared with the callback that wakes a waiting writer, which may run after this object has gone.
  const std::shared_ptr<Cancellation> cancellation_ = std::make_shared<Cancellation>();
  vector::BuildProgress vector_builds_;
  ChangeFeed feed_;
  Access access_;
  std::unordered_set<LocalStatement*> live_;
  std::unordered_set<LocalBlob*> blobs_;
  StatementCache cache_;
  // Statements that a callback has given back.
  std::vector<std::unique_ptr<LocalStatement>> dropped_;
  std::unique_ptr<OpenHandles> handles_;
  std::vector<std::string_view> column_names_;
  std::array<std::unique_ptr<LocalStatement>, kControls> controls_;

  std::shared_ptr<WriterQueue> queue_;  // Null for private databases in memory.
  std::vector<std::weak_ptr<WriterQueue::Ticket>> tickets_;
  bool has_write_ = false;
  Cancellation::Clock::duration waited_for_turn_{};
  bool write_wait_ = true;
  bool has_request_ = false;  // start() runs one.
  int holds_ = 0;
  std::uint64_t write_waits_ = 0;

  int cursors_ = 0;
  int running_ = 0;  // Statements between their first step and their end, and open blobs.
  bool in_transaction_ = false;
  int refusals_ = 0;  // refuse_writes() not yet taken back.
  std::uint64_t serial_ = 0;
  std::uint64_t auto_rolled_back_ = 0;
  int writes_ = 0;  // In the open transaction; an unbounded one counts as kMaxInlineWrites + 1.

  bool hides_vectors_ = false;
  bool wal_ = false;
  bool full_sync_ = false;
  bool extensions_enabled_ = false;
  int auto_checkpoint_;
  std::map<std::string, int> checkpoints_due_;  // Name of the database, frames of its log.
  std::map<std::string, std::atomic<int>> truncate_attached_at_;
  std::uint64_t checkpoints_ = 0;
};

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_SESSION_H_
