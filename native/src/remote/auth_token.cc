// The public types of tokens: AuthToken, and the answer to who asks for one.
#include <algorithm>
#include <ostream>

#include "core/mutex.h"
#include "libsql/remote_options.h"

namespace libsql {

namespace {

// Visible ASCII: what may stand in the value of an HTTP header, and any JWT.
std::string_view checked(std::string_view bytes) {
  if (bytes.empty()) throw Error(ErrorKind::invalid_argument, "the auth token is empty");
  const auto is_visible = [](char c) { return c > ' ' && c < '\x7F'; };
  if (!std::ranges::all_of(bytes, is_visible)) {
    throw Error(ErrorKind::invalid_argument,
                "the auth token holds a space, a control character or one that is not ASCII");
  }
  return bytes;
}

}  // namespace

AuthToken::AuthToken(std::string_view bytes) : secret_(checked(bytes)) {}

bool operator==(const AuthToken& a, const AuthToken& b) noexcept { return a.secret_ == b.secret_; }

std::ostream& operator<<(std::ostream& out, const AuthToken& /*token*/) {
  return out << "[auth token]";
}

class TokenAnswer::State {
 public:
  explicit State(Taker taker) : taker_(std::move(taker)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    Recovery recovery;
    recovery.unauthorised = true;
    const Error error =
        Error(ErrorKind::denied, "the function that was asked for the auth token gave none")
            .with_recovery(recovery);
    answer(std::nullopt, &error);
  }

  void answer(std::optional<AuthToken> token, const Error* error) {
    Taker taker;
    {
      const core::MutexLock lock(mutex_);
      std::swap(taker, taker_);
    }
    if (taker) taker(std::move(token), error);
  }

 private:
  core::Mutex mutex_;
  Taker taker_ LIBSQL_GUARDED_BY(mutex_);  // Empty once it was called.
};

TokenAnswer::TokenAnswer(Taker taker) : state_(std::make_shared<State>(std::move(taker))) {}

void TokenAnswer::give(AuthToken token) const { state_->answer(std::move(token), nullptr); }
void TokenAnswer::give_none() const { state_->answer(std::nullopt, nullptr); }
void TokenAnswer::refuse(const Error& error) const { state_->answer(std::nullopt, &error); }

}  // namespace libsql
