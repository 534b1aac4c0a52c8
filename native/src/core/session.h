// The seam between the public classes and the three ways of reaching a database: one call that
// starts a request, whose scheduling is an argument, and whose answer is pushed to a receiver. A
// local session implements it over SQLite, a remote one over Hrana, and a replica's over both.
#ifndef LIBSQL_CORE_SESSION_H_
#define LIBSQL_CORE_SESSION_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>

#include "core/local_control.h"
#include "core/prepared_statement.h"
#include "core/replica_control.h"
#include "libsql/receiver.h"
#include "libsql/request.h"

namespace libsql::core {

enum class PrepareMode { fresh, cached };

// One session with a database.
//
// Threads: thread-compatible, except interrupt(), cancel() and is_open(), which are thread-safe.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  virtual void close() noexcept = 0;
  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  // See the public Connection::start() and Connection::answers_later().
  [[nodiscard]] virtual bool answers_later() const noexcept { return false; }
  virtual Started start(const Request& request, const Limits& limits, Receiver& receiver) = 0;
  // Gives up a request that is pending, by the receiver that detach() has returned: it is finished
  // with ErrorKind::interrupted, unless its answer comes first.
  virtual void cancel(const Receiver& receiver) noexcept = 0;
  // Stops what runs, and gives up what is pending.
  virtual void interrupt() noexcept = 0;
  [[nodiscard]] virtual SessionState state() const = 0;
  // Whether writes are refused now.
  [[nodiscard]] virtual bool read_only() const = 0;
  // For calls without limits of their own.
  virtual void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) = 0;

  // The first statement of `sql`, or null if there is none; sets `tail` to what follows it.
  [[nodiscard]] virtual std::unique_ptr<PreparedStatement> prepare(std::string_view sql,
                                                                   PrepareMode mode,
                                                                   std::string_view* tail) = 0;
  // Takes a statement back: into the cache if it came from there, else finalises it.
  virtual void give_back(std::unique_ptr<PreparedStatement> statement) noexcept = 0;

  // See the public Connection::protocol_version().
  [[nodiscard]] virtual std::optional<int> protocol_version() const { return std::nullopt; }
  // Null for a session without a file of its own.
  [[nodiscard]] virtual LocalControl* local() noexcept { return nullptr; }
  // Null unless the session is one with a replica.
  [[nodiscard]] virtual ReplicaControl* replica() noexcept { return nullptr; }
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_SESSION_H_
