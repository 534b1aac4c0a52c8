// The SQL connection of one stream, and its part in the turns of the writers.
#ifndef LIBSQL_SERVER_SQL_SESSION_H_
#define LIBSQL_SERVER_SQL_SESSION_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "libsql/connection.h"
#include "libsql/database.h"
#include "libsql/events.h"
#include "server/idle_connections.h"
#include "server/replication/primary_log.h"
#include "server/serial_queue.h"
#include "server/write_gate.h"

namespace libsql::server {

// What a client may do with the database.
enum class Access : std::uint8_t { read_write, read_only };

// What the sessions of one server share.
//
// Threads: thread-safe.
struct Engine {
  // Errors: those of opening the database.
  Engine(Database where, const std::string& file, std::function<EventHandler()> make_observer,
         std::size_t response_bytes, std::chrono::milliseconds longest_turn,
         replication::EndedGeneration ended = replication::EndedGeneration::dropped)
      : database(std::move(where)),
        keeper(database.connect()),
        observer(can_observe(keeper) ? std::move(make_observer) : nullptr),
        most_response_bytes(response_bytes),
        gate(longest_turn) {
    log = std::make_unique<replication::PrimaryLog>(file, replication::PrimaryLog::kMostFrames,
                                                    ended);
    // SQLite opens the write-ahead log at the first read.
    keeper.execute("SELECT 1 FROM sqlite_schema");
  }

  // Never null. It is made when the file is there, and ends after all connections to it.
  std::unique_ptr<replication::PrimaryLog> log;
  const Database database;
  // Has the write-ahead log open, so that the end of another connection is not the last one's,
  // which would move the log into the file and delete it: for each request over HTTP without a
  // baton.
  Connection keeper;
  IdleConnections idle;
  // Makes the observer of each session. Empty if this SQLite has no pre-update hook.
  const std::function<EventHandler()> observer;
  const std::size_t most_response_bytes;
  WriteGate gate;

 private:
  [[nodiscard]] static bool can_observe(Connection& connection);
};

// Threads: bound to `queue`, except stop(), abandon(), is_closed() and what it has of a Writer.
class SqlSession final : public WriteGate::Writer, public std::enable_shared_from_this<SqlSession> {
 public:
  SqlSession(std::shared_ptr<Engine> engine, std::shared_ptr<SerialQueue> queue)
      : engine_(std::move(engine)), queue_(std::move(queue)) {}
  SqlSession(const SqlSession&) = delete;
  SqlSession& operator=(const SqlSession&) = delete;
  ~SqlSession() override { close(); }

  // Opened by the first use. Errors: Error.
  [[nodiscard]] Connection& connection();
  // The same, to compile the first statement of `sql`: notes whether that leaves something on it
  // (settings, temporary tables, counters), so that no other session may use it.
  // Errors: also SqlError for a setting that concerns other clients. PRAGMA acts when it is
  // compiled, be it to describe it.
  [[nodiscard]] Connection& connection_for(std::string_view sql);
  [[nodiscard]] bool in_transaction() const;
  [[nodiscard]] std::size_t most_response_bytes() const noexcept {
    return engine_->most_response_bytes;
  }

  // A program begins: one execute, batch, sequence or cursor. True if the transaction was rolled
  // back since the last one because it kept others waiting: everything in this program fails with
  // transaction_timeout().
  [[nodiscard]] bool begin_program();
  // How often a transaction has been taken away; a statement that was begun before is dead.
  [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

  // Waits for the write turn, unless this session has it. Errors: Error interrupted if stop() or
  // abandon() comes meanwhile.
  void take_write_turn();
  // The position of the replication log that has all that this session has committed; nothing if
  // no replica has asked for the log yet.
  [[nodiscard]] std::optional<std::uint64_t> replication_index() const noexcept;
  // Of statement_begins(). Gives the write turn back, unless a transaction is open.
  void statement_ended() noexcept;
  // Rolls back. A connection without traces serves another session.
  void close() noexcept;
  // There is nothing to close, if no task opens a connection meanwhile. From any thread.
  [[nodiscard]] bool is_closed() const noexcept { return !has_connection_; }

  // Statements that live: a connection serves nobody else meanwhile.
  void statement_begins() noexcept { ++statements_; }

  // Nobody waits for what runs: it stops soon, and until go_on() everything fails as interrupted.
  void stop() noexcept;
  void go_on() noexcept { stopped_ = false; }
  // The client has gone: what runs stops soon, and nothing more should.
  void abandon() noexcept;
  [[nodiscard]] bool gave_up() const noexcept override { return abandoned_ || stopped_; }
  void evict(std::uint64_t turn) noexcept override;

 private:
  void leave_connection() noexcept;
  void end_turn() noexcept;
  // If its turn is the one that has lasted too long.
  void give_up_overdue() noexcept;

  const std::shared_ptr<Engine> engine_;
  const std::shared_ptr<SerialQueue> queue_;
  std::optional<Connection> connection_;
  std::atomic<bool> has_connection_{false};
  bool has_traces_ = false;
  std::size_t statements_ = 0;
  std::uint64_t turn_ = 0;  // See WriteGate::enter(); 0: none.
  bool timed_out_ = false;  // The next program is to hear of it.
  std::uint64_t evictions_ = 0;
  std::atomic<bool> abandoned_{false};
  std::atomic<bool> stopped_{false};
  std::atomic<std::uint64_t> overdue_turn_{0};  // It may have ended meanwhile.
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_SQL_SESSION_H_
