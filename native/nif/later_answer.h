// An answer that comes after the call has returned, on a thread of the session's: collects it and
// sends it as a message.
#ifndef LIBSQL_NIF_LATER_ANSWER_H_
#define LIBSQL_NIF_LATER_ANSWER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <erl_nif.h>

#include "core/mutex.h"
#include "messages.h"
#include "registry.h"
#include "reply.h"

namespace libsql::nif {

struct State;

// Sends {:ecto_libsql_answer, tag, answer} once, when both the answer and the tag are there.
//
// Threads: thread-safe. The session builds the answer on whatever thread it is on; none of the
// calls waits or takes the connection's mutex. Lifetime: the session's receiver and the caller's
// job own it. It keeps the connection alive until the answer has come.
class LaterAnswer final : public CallSite {
 public:
  // A reply as `reply`, for a call of `caller`.
  LaterAnswer(std::shared_ptr<State> state, ConnectionPtr connection, const ErlNifPid& caller,
              const Reply& reply);
  LaterAnswer(const LaterAnswer&) = delete;
  LaterAnswer& operator=(const LaterAnswer&) = delete;
  ~LaterAnswer() override;

  // What the session gets for it.
  [[nodiscard]] static std::shared_ptr<Receiver> receiver(
      const std::shared_ptr<LaterAnswer>& answer) noexcept;

  // Where the answer goes, once: `tag` is a term of `holder`.
  void send_to(Message holder, ERL_NIF_TERM tag) noexcept LIBSQL_EXCLUDES(mutex_);

  enum class Reason : std::uint8_t { timeout, dead_caller };
  // Asks the session to end the request. It may have been answered meanwhile.
  void cancel(Reason reason) noexcept LIBSQL_EXCLUDES(mutex_);
  // It has been sent, or is about to be.
  [[nodiscard]] bool is_answered() noexcept LIBSQL_EXCLUDES(mutex_);

  // --- CallSite: the calls of the reply ---

  void only_reads(bool /*only_reads*/) override {}
  [[nodiscard]] std::function<void()> on_turn() override { return {}; }
  void queued(const std::shared_ptr<WriteTicket>& /*place*/) override {}
  [[nodiscard]] std::shared_ptr<Receiver> detach(const Reply& /*reply*/) override { return {}; }
  [[nodiscard]] bool gave_up() const noexcept override { return gave_up_; }
  void answered() noexcept override LIBSQL_EXCLUDES(mutex_);

 private:
  // Once both are there; by whoever came second.
  void send() noexcept;

  const std::shared_ptr<State> state_;
  const ErlNifPid caller_;
  std::atomic<bool> gave_up_{false};
  // Of the thread that builds the answer, then of the one that sends it.
  Message message_;
  std::unique_ptr<Reply> reply_;
  // The tag's environment cannot be the answer's, which another thread uses meanwhile. Of the
  // thread that sets the tag, then of the one that sends.
  std::optional<Message> tag_holder_;
  ERL_NIF_TERM tag_ = 0;

  core::Mutex mutex_;
  bool has_answer_ LIBSQL_GUARDED_BY(mutex_) = false;
  bool has_tag_ LIBSQL_GUARDED_BY(mutex_) = false;
  ConnectionPtr connection_ LIBSQL_GUARDED_BY(mutex_);  // Until the answer has come.
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_LATER_ANSWER_H_
