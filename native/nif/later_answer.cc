#include "later_answer.h"

#include <utility>

#include "connection_resource.h"
#include "state.h"

namespace libsql::nif {

LaterAnswer::LaterAnswer(std::shared_ptr<State> state, ConnectionPtr connection,
                         const ErlNifPid& caller, const Reply& reply)
    : state_(std::move(state)),
      caller_(caller),
      reply_(reply.again(message_.env())),
      connection_(std::move(connection)) {
  reply_->run_at(*this);
}

LaterAnswer::~LaterAnswer() = default;

std::shared_ptr<Receiver> LaterAnswer::receiver(
    const std::shared_ptr<LaterAnswer>& answer) noexcept {
  return {answer, answer->reply_.get()};
}

void LaterAnswer::send_to(Message holder, ERL_NIF_TERM tag) noexcept {
  tag_holder_.emplace(std::move(holder));
  tag_ = tag;
  {
    const core::MutexLock lock(mutex_);
    has_tag_ = true;
    if (!has_answer_) return;
  }
  send();
}

void LaterAnswer::answered() noexcept {
  ConnectionPtr connection;  // Released after the lock; the last one goes to the reaper.
  bool sends = false;
  {
    const core::MutexLock lock(mutex_);
    connection = std::move(connection_);
    // Before the message: whoever has got it may count on it.
    if (connection != nullptr) connection->note_later(caller_, reply_->state());
    has_answer_ = true;
    sends = has_tag_;
  }
  if (sends) send();
}

void LaterAnswer::send() noexcept {
  ErlNifEnv* const env = message_.env();
  const Term term =
      make_tuple(env, state_->atoms.answer_message, enif_make_copy(env, tag_), reply_->term());
  Message::send(message_, caller_, term);
  message_.free();
  tag_holder_.reset();
}

void LaterAnswer::cancel(Reason reason) noexcept {
  ConnectionPtr connection;
  {
    const core::MutexLock lock(mutex_);
    if (has_answer_) return;
    connection = connection_;
  }
  if (reason == Reason::timeout) gave_up_ = true;
  connection->cancel(*reply_);
}

bool LaterAnswer::is_answered() noexcept {
  const core::MutexLock lock(mutex_);
  return has_answer_;
}

}  // namespace libsql::nif
