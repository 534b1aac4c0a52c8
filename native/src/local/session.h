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
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/mutex.h"
#include "core/session.h"
#include "local/access.h"
#include "local/cancellation.h"
#include "local/change_feed.h"
#include "local/keys.h"
#include "local/sqlite.h"
#include "local/statement.h"
#include "local/statement_cache.h"
#include "local/writer_queue.h"

namespace libsql::local {

class LocalSession final : public core::Session {
 public:
  // Takes over an open connection; open.h applies the options.
  LocalSession(DbHandle db, Keys keys, const Options& options);
  LocalSession(const LocalSession&) = delete;
  LocalSession& operator=(const LocalSession&) = delete;
  ~LocalSession() override;

  void close() noexcept override;
  [[nodiscard]] bool is_open() const noexcept override { return open_.load(); }

  [[nodiscard]] std::unique_ptr<core::PreparedStatement> prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) override;
  void give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept override;
  void uncache(std::string_view sql) override { cache_.remove(sql); }

  void begin(TransactionMode mode) override;
  void commit() override;
  bool rollback() override;
  void savepoint(SavepointOp op, std::string_view name) override;
  [[nodiscard]] bool in_transaction() const override { return in_transaction_; }
  // By PRAGMA query_only.
  void refuse_writes() override;
  void allow_writes() noexcept override;
  [[nodiscard]] bool read_only() const override;
  [[nodiscard]] std::uint64_t transaction_serial() const override { return serial_; }
  [[nodiscard]] std::uint64_t auto_rolled_back() const override { return auto_rolled_back_; }
  [[nodiscard]] StatementCost end_of_transaction_cost() const override;

  [[nodiscard]] std::int64_t last_insert_rowid() const override;
  [[nodiscard]] std::int64_t changes() const override;
  [[nodiscard]] std::int64_t total_changes() const override;
  [[nodiscard]] ConnectionStats stats() const override;

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
    cancellation_->set_check(std::move(cancelled));
  }
  void set_budget(std::optional<std::chrono::microseconds> budget) override {
    cancellation_->set_budget(budget);
  }
  void set_write_wait(bool wait) override { write_wait_ = wait; }
  bool try_write() override;
  [[nodiscard]] std::shared_ptr<WriteTicket> queue_for_write(
      std::function<void()> granted) override;
  void release_write() noexcept override;
  void hold_write() override;

  CheckpointResult checkpoint(CheckpointMode mode, std::string_view database) override;
  void backup_to(const std::string& path, const BackupProgress& progress, int pages,
                 const KeyChoice& key) override;
  void restore_from(const std::string& path, const BackupProgress& progress, int pages,
                    const KeyChoice& key) override;
  [[nodiscard]] std::string copy_location(const std::string& path, const KeyChoice& key) override;
  [[nodiscard]] std::string serialise(std::string_view database) override;
  void deserialise(std::string_view image, std::string_view database) override;

  void enable_extensions(bool enabled) override;
  void load_extension(const Extension& extension) override;
  void observe(EventHandler handler) override;
  void set_access_policy(AccessPolicy policy) override;
  void reset() override;

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

  // The open connection. Errors: closed.
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
  void note_write(bool bounded) noexcept { writes_ = bounded ? writes_ + 1 : kMaxInlineWrites + 1; }
  // Counts the cursors that end with their transaction.
  void count_cursor(int difference) noexcept { cursors_ += difference; }

 private:
  enum class Control : std::uint8_t { deferred, immediate, exclusive, commit, rollback };
  static constexpr std::size_t kControls = 5;
  // A commit of at most this many small writes is itself small.
  static constexpr int kMaxInlineWrites = 64;

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
  ChangeFeed feed_;
  Access access_;
  std::unordered_set<LocalStatement*> live_;
  StatementCache cache_;
  std::array<std::unique_ptr<LocalStatement>, kControls> controls_;

  std::shared_ptr<WriterQueue> queue_;  // Null for private databases in memory.
  std::vector<std::weak_ptr<WriterQueue::Ticket>> tickets_;
  bool has_write_ = false;
  Cancellation::Clock::duration waited_for_turn_{};
  bool write_wait_ = true;
  int holds_ = 0;
  std::uint64_t write_waits_ = 0;

  int cursors_ = 0;
  int running_ = 0;  // Statements between their first step and their end.
  bool in_transaction_ = false;
  int refusals_ = 0;  // refuse_writes() not yet taken back.
  std::uint64_t serial_ = 0;
  std::uint64_t auto_rolled_back_ = 0;
  int writes_ = 0;  // In the open transaction; an unbounded one counts as kMaxInlineWrites + 1.

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
