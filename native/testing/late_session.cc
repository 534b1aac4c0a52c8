#include "testing/late_session.h"

#include <exception>
#include <utility>
#include <variant>

#include "libsql/error.h"

namespace libsql::testing {

namespace {

constexpr std::chrono::microseconds kShort{100};
constexpr std::chrono::microseconds kLong{900};
constexpr std::size_t kStartsAgain = 4;
constexpr int kInterrupted = 9;  // SQLITE_INTERRUPT. Source: sqlite.org/rescode.html

Error interrupted() { return {ErrorKind::interrupted, "interrupted", kInterrupted}; }

bool never_answers(const Request& request) {
  const auto* const execute = std::get_if<request::Execute>(&request);
  if (execute == nullptr) return false;
  const auto* const sql = std::get_if<std::string_view>(&execute->command.statement);
  return sql != nullptr && sql->find(kNeverAnswers) != std::string_view::npos;
}

}  // namespace

LateSession::LateSession(std::shared_ptr<core::Session> inner, Answers answers)
    : inner_(std::move(inner)),
      answers_(answers),
      state_(inner_->state()),
      read_only_(inner_->read_only()) {
  inner_->local()->set_cancel_check([this] { return stops_.load(); });
  runner_ = std::thread([this] { run_requests(); });
  teller_ = std::thread([this] { tell_answers(); });
}

LateSession::~LateSession() {
  end();
  if (is_telling()) {
    *destroyed_ = true;
    teller_.detach();
  } else if (teller_.joinable()) {
    teller_.join();
  }
  if (inner_->is_open()) inner_->local()->set_cancel_check({});
}

Started LateSession::start(const Request& request, const Limits& limits, Receiver& receiver) {
  std::optional<Error> refusal;
  {
    const core::MutexLock lock(mutex_);
    if (limits.budget && ++started_ % kStartsAgain == 0) return Started::would_block;
    try {
      if (!open_) throw Error(ErrorKind::closed, "the connection is closed");
      ask(request, limits, receiver);
    } catch (const Error& error) {
      refusal = error;
    } catch (const std::exception& failure) {
      refusal = Error(ErrorKind::error, failure.what());
    }
  }
  if (!refusal) return Started::pending;
  receiver.finished(&*refusal, state());
  return Started::finished;
}

void LateSession::ask(const Request& request, const Limits& limits, Receiver& receiver) {
  Asked asked;
  asked.limits.deadline = limits.deadline ? limits.deadline : deadline_;
  asked.limits.transaction = limits.transaction;
  asked.request = std::make_unique<remote::KeptRequest>(request, [texts = &texts_](StatementId id) {
    const auto found = texts->find(id);
    return found == texts->end() ? std::string() : found->second;
  });
  if (const auto* one = std::get_if<request::Prepare>(&request)) asked.prepares = one->sql;
  asked.receiver = receiver.detach();
  if (answers_ == Answers::never || never_answers(request)) {
    unanswered_.push_back(std::move(asked.receiver));
  } else {
    asked_.push_back(std::move(asked));
    changed_.notify_all();
  }
}

void LateSession::run_requests() noexcept {
  core::MutexLock lock(mutex_);
  for (;;) {
    while (asked_.empty() && open_) changed_.wait(lock);
    if (asked_.empty()) break;
    Asked asked = std::move(asked_.front());
    asked_.pop_front();
    running_ = asked.receiver.get();
    stops_ = !open_;
    lock.unlock();
    run(std::move(asked));
    lock.lock();
  }
  runs_no_more_ = true;
  changed_.notify_all();
}

void LateSession::run(Asked asked) noexcept {
  auto answer = std::make_unique<KeptAnswer>();
  inner_->start(asked.request->request(), asked.limits, *answer);
  const core::MutexLock lock(mutex_);
  running_ = nullptr;
  stops_ = false;
  state_ = answer->state();
  read_only_ = inner_->is_open() && inner_->read_only();
  if (const auto id = answer->prepared_statement()) texts_.emplace(*id, std::move(asked.prepares));
  const auto delay = started_ % 2 == 0 ? kShort : kLong;
  told_.emplace(Clock::now() + delay, Told{std::move(answer), std::move(asked.receiver)});
  changed_.notify_all();
}

void LateSession::tell_answers() noexcept {
  const std::shared_ptr<std::atomic<bool>> destroyed = destroyed_;
  core::MutexLock lock(mutex_);
  for (;;) {
    while (told_.empty() && !runs_no_more_) changed_.wait(lock);
    if (told_.empty()) return;
    const auto first = told_.begin();
    if (open_ && first->first > Clock::now()) {
      changed_.wait_until(lock, first->first);
      continue;
    }
    std::optional<Told> told = std::move(first->second);
    told_.erase(first);
    lock.unlock();
    told->answer->tell(*told->receiver);
    told.reset();  // The receiver may own this session.
    if (*destroyed) return;
    lock.lock();
  }
}

template <typename Chosen>
void LateSession::give_up(const Chosen& chosen) noexcept {
  std::vector<std::shared_ptr<Receiver>> ended;
  SessionState state;
  {
    const core::MutexLock lock(mutex_);
    state = state_;
    const auto take = [&](std::shared_ptr<Receiver>& one) {
      if (!chosen(one.get())) return false;
      ended.push_back(std::move(one));
      return true;
    };
    std::erase_if(unanswered_, take);
    std::erase_if(asked_, [&](Asked& one) { return take(one.receiver); });
    if (running_ != nullptr && chosen(running_)) stops_ = true;
    changed_.notify_all();
  }
  if (stops_) inner_->interrupt();
  const Error error = interrupted();
  for (const auto& one : ended) one->finished(&error, state);
}

void LateSession::cancel(const Receiver& receiver) noexcept {
  give_up([&](const Receiver* one) { return one == &receiver; });
}

void LateSession::interrupt() noexcept {
  give_up([](const Receiver* /*one*/) { return true; });
}

bool LateSession::waits() {
  const core::MutexLock lock(mutex_);
  return !unanswered_.empty();
}

bool LateSession::is_telling() const noexcept {
  return teller_.get_id() == std::this_thread::get_id();
}

bool LateSession::end() noexcept {
  {
    const core::MutexLock lock(mutex_);
    if (!open_) return false;
    open_ = false;
  }
  interrupt();
  runner_.join();
  if (!is_telling()) teller_.join();
  return true;
}

void LateSession::close() noexcept {
  if (end()) inner_->close();
}

bool LateSession::is_open() const noexcept {
  const core::MutexLock lock(mutex_);
  return open_;
}

SessionState LateSession::state() const {
  const core::MutexLock lock(mutex_);
  return state_;
}

bool LateSession::read_only() const {
  const core::MutexLock lock(mutex_);
  return read_only_;
}

void LateSession::set_deadline(std::optional<Clock::time_point> deadline) {
  const core::MutexLock lock(mutex_);
  deadline_ = deadline;
  inner_->set_deadline(deadline);
}

// Steps are not late.
std::unique_ptr<core::PreparedStatement> LateSession::prepare(std::string_view sql,
                                                              core::PrepareMode mode,
                                                              std::string_view* tail) {
  return inner_->prepare(sql, mode, tail);
}

void LateSession::give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept {
  inner_->give_back(std::move(statement));
}

}  // namespace libsql::testing
