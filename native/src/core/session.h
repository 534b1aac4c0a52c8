// The interface behind the public classes. A local session implements it over SQLite; remote and
// replica sessions will implement it over Hrana. The public classes (client/) use nothing else.
#ifndef LIBSQL_CORE_SESSION_H_
#define LIBSQL_CORE_SESSION_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libsql/connection.h"

namespace libsql::core {

// A compiled statement of one session. See the public Statement for the contract of each call.
//
// Threads: thread-compatible, together with its session.
class PreparedStatement {
 public:
  PreparedStatement() = default;
  PreparedStatement(const PreparedStatement&) = delete;
  PreparedStatement& operator=(const PreparedStatement&) = delete;
  virtual ~PreparedStatement() = default;

  [[nodiscard]] virtual std::string_view sql() const noexcept = 0;
  [[nodiscard]] virtual StatementKind kind() const noexcept = 0;
  [[nodiscard]] virtual bool read_only() const = 0;
  [[nodiscard]] virtual StatementCost cost() = 0;
  [[nodiscard]] virtual StatementCounters counters() const = 0;

  [[nodiscard]] virtual int parameter_count() const = 0;
  [[nodiscard]] virtual std::string_view parameter_name(int index) const = 0;
  [[nodiscard]] virtual int parameter_index(std::string_view name) const = 0;
  [[nodiscard]] virtual int run_column_count() const = 0;
  [[nodiscard]] virtual std::string_view run_column_name(int index) const = 0;
  // Of the next run; of the one in progress, if there is one.
  [[nodiscard]] virtual int column_count() = 0;
  [[nodiscard]] virtual std::string_view column_name(int index) = 0;
  [[nodiscard]] virtual std::vector<ColumnInfo> columns() = 0;

  virtual void bind(int index, const ValueView& value) = 0;
  virtual void clear_bindings() = 0;
  virtual Step step() = 0;
  [[nodiscard]] virtual std::span<const ValueView> row() = 0;
  virtual void reset() noexcept = 0;
  // Rows changed by the execution that has just ended.
  [[nodiscard]] virtual std::int64_t changes() const = 0;
  // Marks the statement as a cursor: it ends with the transaction that is open now, if one is.
  virtual void bind_to_transaction() = 0;
};

enum class PrepareMode { fresh, cached };

// One session with a database. See the public Connection for the contract of each call.
//
// Threads: thread-compatible, except interrupt(), is_open() and tickets, which are thread-safe.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  virtual void close() noexcept = 0;
  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  // The first statement of `sql`, or null if there is none; sets `tail` to what follows it.
  [[nodiscard]] virtual std::unique_ptr<PreparedStatement> prepare(std::string_view sql,
                                                                   PrepareMode mode,
                                                                   std::string_view* tail) = 0;
  // Takes a statement back: into the cache if it came from there, else finalises it.
  virtual void give_back(std::unique_ptr<PreparedStatement> statement) noexcept = 0;
  virtual void uncache(std::string_view sql) = 0;

  virtual void begin(TransactionMode mode) = 0;
  virtual void commit() = 0;
  virtual bool rollback() = 0;
  enum class SavepointOp { open, release, rollback_to };
  virtual void savepoint(SavepointOp op, std::string_view name) = 0;
  [[nodiscard]] virtual bool in_transaction() const = 0;
  virtual void refuse_writes() = 0;
  virtual void allow_writes() noexcept = 0;
  [[nodiscard]] virtual bool read_only() const = 0;
  [[nodiscard]] virtual std::uint64_t transaction_serial() const = 0;
  [[nodiscard]] virtual std::uint64_t auto_rolled_back() const = 0;
  [[nodiscard]] virtual StatementCost end_of_transaction_cost() const = 0;

  [[nodiscard]] virtual std::int64_t last_insert_rowid() const = 0;
  [[nodiscard]] virtual std::int64_t changes() const = 0;
  [[nodiscard]] virtual std::int64_t total_changes() const = 0;
  [[nodiscard]] virtual ConnectionStats stats() const = 0;

  virtual void set_busy_timeout(std::chrono::milliseconds timeout) = 0;
  [[nodiscard]] virtual std::chrono::milliseconds busy_timeout() const = 0;
  virtual void interrupt() noexcept = 0;
  virtual void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) = 0;
  virtual void set_cancel_check(std::function<bool()> cancelled) = 0;
  virtual void set_budget(std::optional<std::chrono::microseconds> budget) = 0;
  virtual void set_write_wait(bool wait) = 0;
  virtual bool try_write() = 0;
  [[nodiscard]] virtual std::shared_ptr<WriteTicket> queue_for_write(
      std::function<void()> granted) = 0;
  virtual void release_write() noexcept = 0;
  virtual void hold_write() = 0;

  virtual CheckpointResult checkpoint(CheckpointMode mode, std::string_view database) = 0;
  virtual void backup_to(const std::string& path, const BackupProgress& progress, int pages,
                         const KeyChoice& key) = 0;
  virtual void restore_from(const std::string& path, const BackupProgress& progress, int pages,
                            const KeyChoice& key) = 0;
  // What VACUUM INTO has to name so that the copy is encrypted with `key`.
  [[nodiscard]] virtual std::string copy_location(const std::string& path,
                                                  const KeyChoice& key) = 0;
  [[nodiscard]] virtual std::string serialise(std::string_view database) = 0;
  virtual void deserialise(std::string_view image, std::string_view database) = 0;

  virtual void enable_extensions(bool enabled) = 0;
  virtual void load_extension(const Extension& extension) = 0;
  virtual void observe(EventHandler handler) = 0;
  virtual void set_access_policy(AccessPolicy policy) = 0;
  virtual void reset() = 0;
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SESSION_H_
