// Tickets for a file's write lock, as resources that Erlang processes wait for.
#ifndef LIBSQL_NIF_TICKET_H_
#define LIBSQL_NIF_TICKET_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <erl_nif.h>

#include "core/live_count.h"
#include "core/mutex.h"
#include "libsql/write_ticket.h"
#include "registry.h"
#include "resource.h"

namespace libsql::nif {

struct State;

// A resource that one process waits on. Exactly one message is sent for each ticket that is not
// dropped before: granted or cancelled.
//
// Threads: thread-safe. The granted callback of the library may run on any thread, before the call
// that asked for the place has returned, and while another thread cancels.
// Lifetime: its connection's TicketTable owns it until it was used, cancelled, or its process died;
// the library's callback holds it too, until the library ticket is gone.
class Ticket {
 public:
  Ticket(std::shared_ptr<State> state, std::weak_ptr<ConnectionObject> connection,
         const ErlNifPid& caller) noexcept;

  [[nodiscard]] const ErlNifPid& caller() const noexcept { return caller_; }

  // Sets the place in the library's queue. If the ticket has been cancelled meanwhile, cancels the
  // place.
  void attach(std::shared_ptr<WriteTicket> place) noexcept LIBSQL_EXCLUDES(mutex_);
  // The library's callback: this connection has the lock.
  void grant() noexcept LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] bool is_waiting() noexcept LIBSQL_EXCLUDES(mutex_);
  enum class Notify : std::uint8_t { caller, nobody };
  // Leaves the queue, or releases an unused lock. Returns the state before.
  WriteTicket::State cancel(Notify notify) noexcept LIBSQL_EXCLUDES(mutex_);

  // Called by the VM when the waiting process has died.
  void process_down(ErlNifEnv* env, const ErlNifPid& pid) noexcept;
  // Takes it out of its connection's table; it need not be there.
  void leave_table() noexcept;

 private:
  void tell_caller(ERL_NIF_TERM atom) noexcept;

  const std::shared_ptr<State> state_;
  const std::weak_ptr<ConnectionObject> connection_;
  const ErlNifPid caller_;
  const core::LiveCount count_;

  core::Mutex mutex_;  // Innermost: held for a few instructions, never while calling the library.
  WriteTicket::State status_ LIBSQL_GUARDED_BY(mutex_) = WriteTicket::State::waiting;
  bool dropped_ LIBSQL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<WriteTicket> place_ LIBSQL_GUARDED_BY(mutex_);
};

// The tickets of one connection: at most one per process, because a process waits for one thing.
//
// Threads: thread-safe. Tickets are cancelled after the table's lock is released; cancel_waiting()
// asks each ticket for its state, and so takes its lock, under the table's.
class TicketTable {
 public:
  // Drops an older ticket of the same process.
  void add(ResourcePtr<Ticket> ticket) LIBSQL_EXCLUDES(mutex_);
  // The process has finished its call: releases a lock that it was granted and did not use.
  void drop(const ErlNifPid& caller) noexcept LIBSQL_EXCLUDES(mutex_);
  void remove(const Ticket* ticket) noexcept LIBSQL_EXCLUDES(mutex_);
  // Cancels those that wait, and sends their processes the message. One that was granted the lock
  // keeps it.
  void cancel_waiting() noexcept LIBSQL_EXCLUDES(mutex_);
  // The same, and takes granted locks back.
  void cancel_all() noexcept LIBSQL_EXCLUDES(mutex_);

 private:
  // Takes out those that do not satisfy `kept`.
  template <typename Predicate>
  std::vector<ResourcePtr<Ticket>> take_unless(Predicate kept) noexcept LIBSQL_EXCLUDES(mutex_);

  mutable core::Mutex mutex_;
  std::vector<ResourcePtr<Ticket>> tickets_ LIBSQL_GUARDED_BY(mutex_);
  std::atomic<std::size_t> size_{0};  // 0 in the usual case: then the lock is not taken
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_TICKET_H_
