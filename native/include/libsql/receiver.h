// Who gets the answer to a request (request.h).
#ifndef LIBSQL_RECEIVER_H_
#define LIBSQL_RECEIVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "libsql/error.h"
#include "libsql/export.h"
#include "libsql/request.h"
#include "libsql/sql.h"
#include "libsql/statement_info.h"
#include "libsql/value.h"
#include "libsql/write_ticket.h"

namespace libsql {

// The calls come in the order of the answer, on the thread that has the bytes: the caller's within
// start(), or one of the session's. What is passed is valid during the call. `finished` is the last
// call; what any other throws ends the request and becomes its error. Only from within `finished`
// may another request be started on the connection: elsewhere it is refused as misuse.
//
// If start() answers queued or would_block, calls that were made before belong to an attempt that
// counts for nothing: start the request again with a new receiver.
class LIBSQL_API Receiver {
 public:
  Receiver() = default;
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  virtual ~Receiver() = default;

  // A result with rows begins.
  virtual void columns(std::span<const std::string_view> /*names*/) {}
  // One of its rows. False: this is more than may be taken here. A query is then started again
  // where it may block; a write goes on.
  virtual bool row(std::span<const ValueView> /*values*/) { return true; }
  // The statement has ended well. `count`: rows changed by a write, rows returned by a query. A
  // text without a statement has the kind `unknown`.
  virtual void done(StatementKind /*kind*/, std::int64_t /*count*/) {}
  // A member of a batch has failed, and the batch knows what to do then.
  virtual void failed(const Error& /*error*/) {}
  virtual void has_more_statements() {}

  virtual void prepared(StatementId /*statement*/) {}
  virtual void described(const StatementDescription& /*description*/) {}
  virtual void counters(const StatementCounters& /*counters*/) {}
  virtual void opened(CursorId /*cursor*/) {}
  // The portion of a cursor has ended; `last`: no row is left.
  virtual void portion(std::int64_t /*rows*/, bool /*last*/) {}

  // The request has ended: `error` is null if it went well.
  virtual void finished(const Error* error, const SessionState& state) noexcept = 0;

  // Whether what runs from now on does nothing but read.
  virtual void only_reads(bool /*only_reads*/) {}
  // With Limits::queue: the request needs the write lock of its file, and another connection of
  // this OS process has it. Returns what is called when the turn has come: once, on the thread that
  // releases the lock, without mutexes held; it must not use the connection. The connection then
  // has the lock until its next write has ended its transaction, or the place is cancelled or
  // dropped.
  [[nodiscard]] virtual std::function<void()> on_turn() { return {}; }
  // It has been queued, before start() returns.
  virtual void queued(const std::shared_ptr<WriteTicket>& /*place*/) {}
  // The receiver for an answer that comes after start() has returned. Null: it cannot wait. It is
  // asked for once, within start() and before any call that is about the answer; from then on the
  // whole answer goes to what it returned, and start() answers pending. What row() returns there
  // means nothing: the rows are not given a second time.
  [[nodiscard]] virtual std::shared_ptr<Receiver> detach() { return nullptr; }
};

}  // namespace libsql

#endif  // LIBSQL_RECEIVER_H_
