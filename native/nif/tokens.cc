#include "tokens.h"

#include "messages.h"
#include "operations.h"
#include "state.h"

namespace libsql::nif {

namespace {

// The process that is asked. It ends with the last connection that asks it.
class TokenKeeper {
 public:
  TokenKeeper(std::shared_ptr<State> state, const ErlNifPid& process) noexcept
      : state_(std::move(state)), process_(process) {}
  TokenKeeper(const TokenKeeper&) = delete;
  TokenKeeper& operator=(const TokenKeeper&) = delete;
  ~TokenKeeper() {
    const Message message;
    send(message, state_->atoms.done);
  }

  void ask(TokenAnswer answer) const {
    const auto request = state_->token_requests.make(std::move(answer));
    const Message message;
    send(message, request.term(message.env()));
  }

 private:
  void send(const Message& message, Term content) const noexcept {
    Message::send(message, process_,
                  make_tuple(message.env(), state_->atoms.token_message, content));
  }

  const std::shared_ptr<State> state_;
  const ErlNifPid process_;
};

}  // namespace

void read_token(ErlNifEnv* env, const std::shared_ptr<State>& state, Term term,
                RemoteOptions& options) {
  if (const KeyObject* const key = state->keys.get(env, term); key != nullptr) {
    options.auth_token = AuthToken(key->key().bytes());
    return;
  }
  const auto keeper = std::make_shared<TokenKeeper>(state, pid_of(env, term, ":auth_token"));
  options.auth_token =
      TokenFunction([keeper](TokenAnswer answer) { keeper->ask(std::move(answer)); });
}

Term give_token(Call& call) {
  const TokenRequest* const request =
      call.state()->token_requests.get(call.env(), call.argument(0));
  if (request == nullptr) throw_invalid("expected a request for a token");
  const Term given = call.argument(1);
  ErlNifBinary reason;
  if (given == call.atoms().nil) {
    request->answer().give_none();
  } else if (const KeyObject* const key = call.state()->keys.get(call.env(), given)) {
    request->answer().give(AuthToken(key->key().bytes()));
  } else if (enif_inspect_binary(call.env(), given, &reason) != 0) {
    const std::string text(reinterpret_cast<const char*>(reason.data), reason.size);
    request->answer().refuse(Error(ErrorKind::denied, text));
  } else {
    throw_invalid("expected a token, nil, or a reason why there is none");
  }
  return call.atoms().ok;
}

}  // namespace libsql::nif
