// A session whose answers come late, in another order than the requests, or never: as a network's
// would. It runs each request on another session, on a thread of its own, and tells what comes of
// it later, on a second thread.
#ifndef LIBSQL_TESTING_LATE_SESSION_H_
#define LIBSQL_TESTING_LATE_SESSION_H_

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/mutex.h"
#include "core/session.h"
#include "libsql/receiver.h"
#include "remote/kept_request.h"
#include "testing/kept_answer.h"

namespace libsql::testing {

// A statement with this comment is not answered until it is given up.
inline constexpr std::string_view kNeverAnswers = "/* never answers */";

// Every other answer takes longer than the next one; with a budget, every fourth request has to be
// started again without.
//
// Threads: as core::Session.
// Lifetime: the session that it runs on may outlive it. It may be closed or destroyed by a receiver
// that it tells, on its own thread.
class LateSession final : public core::Session {
 public:
  enum class Answers { late, never };
  explicit LateSession(std::shared_ptr<core::Session> inner, Answers answers = Answers::late);
  LateSession(const LateSession&) = delete;
  LateSession& operator=(const LateSession&) = delete;
  ~LateSession() override;

  [[nodiscard]] bool answers_later() const noexcept override { return true; }
  Started start(const Request& request, const Limits& limits, Receiver& receiver) override;
  void cancel(const Receiver& receiver) noexcept override;
  void interrupt() noexcept override;
  // Something waits for an answer that never comes.
  [[nodiscard]] bool waits();

  void close() noexcept override;
  [[nodiscard]] bool is_open() const noexcept override;
  [[nodiscard]] SessionState state() const override;
  [[nodiscard]] bool read_only() const override;
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) override;
  [[nodiscard]] std::unique_ptr<core::PreparedStatement> prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) override;
  void give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Asked {
    std::unique_ptr<remote::KeptRequest> request;
    std::string prepares;  // The text of a Prepare.
    Limits limits;
    std::shared_ptr<Receiver> receiver;
  };
  struct Told {
    std::unique_ptr<KeptAnswer> answer;
    std::shared_ptr<Receiver> receiver;
  };

  // Copies the request for the thread that runs it. Errors: those of its values.
  void ask(const Request& request, const Limits& limits, Receiver& receiver)
      LIBSQL_REQUIRES(mutex_);
  // Asks those that have not been told anything and that `chosen` takes to give up.
  template <typename Chosen>
  void give_up(const Chosen& chosen) noexcept;
  // Ends the threads, except the current one, which ends when its receiver returns. False if that
  // has been done.
  bool end() noexcept;
  [[nodiscard]] bool is_telling() const noexcept;
  void run_requests() noexcept;
  void run(Asked asked) noexcept;
  void tell_answers() noexcept;

  const std::shared_ptr<core::Session> inner_;
  const Answers answers_;
  std::atomic<bool> stops_{false};  // what runs

  mutable core::Mutex mutex_;
  core::CondVar changed_;
  std::size_t started_ LIBSQL_GUARDED_BY(mutex_) = 0;
  bool open_ LIBSQL_GUARDED_BY(mutex_) = true;
  bool runs_no_more_ LIBSQL_GUARDED_BY(mutex_) = false;
  SessionState state_ LIBSQL_GUARDED_BY(mutex_);
  bool read_only_ LIBSQL_GUARDED_BY(mutex_) = false;
  std::optional<Clock::time_point> deadline_ LIBSQL_GUARDED_BY(mutex_);
  std::deque<Asked> asked_ LIBSQL_GUARDED_BY(mutex_);
  const Receiver* running_ LIBSQL_GUARDED_BY(mutex_) = nullptr;
  std::deque<std::shared_ptr<Receiver>> unanswered_ LIBSQL_GUARDED_BY(mutex_);
  std::multimap<Clock::time_point, Told> told_ LIBSQL_GUARDED_BY(mutex_);
  std::map<StatementId, std::string> texts_ LIBSQL_GUARDED_BY(mutex_);
  // Set if the destructor runs on the thread that tells answers.
  const std::shared_ptr<std::atomic<bool>> destroyed_ = std::make_shared<std::atomic<bool>>(false);
  std::thread runner_;
  std::thread teller_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_LATE_SESSION_H_
