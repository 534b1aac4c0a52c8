// A place in the queue for a database file's write lock.
#ifndef LIBSQL_WRITE_TICKET_H_
#define LIBSQL_WRITE_TICKET_H_

#include <cstdint>
#include <functional>

#include "libsql/export.h"

namespace libsql {

// Connections of one OS process on one file take the write lock in the order in which they asked.
// Most callers need no ticket: a statement that writes waits by itself. Callers that must
// not block a thread (an Erlang scheduler) ask Connection::queue_for_write() for one.
//
// Threads: thread-safe. Destroying an unused ticket leaves the queue, or releases the lock.
class LIBSQL_API WriteTicket {
 public:
  enum class State : std::uint8_t { waiting, granted, cancelled };

  WriteTicket() = default;
  WriteTicket(const WriteTicket&) = delete;
  WriteTicket& operator=(const WriteTicket&) = delete;
  virtual ~WriteTicket() = default;

  [[nodiscard]] virtual State state() const = 0;
  // Leaves the queue; releases the lock if it was granted and no statement has used it yet.
  // Safe to call twice and at any time. Returns the state before the call.
  virtual State cancel() noexcept = 0;
};

}  // namespace libsql

#endif  // LIBSQL_WRITE_TICKET_H_
