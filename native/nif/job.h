// A call that goes on, from its beginning, on a thread of ours: its arguments, and the message with
// its answer.
#ifndef LIBSQL_NIF_JOB_H_
#define LIBSQL_NIF_JOB_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <erl_nif.h>

#include "libsql/error.h"
#include "messages.h"
#include "registry.h"
#include "resource.h"

namespace libsql::nif {

struct State;
class Call;
class LaterAnswer;
using Operation = ERL_NIF_TERM (*)(Call& call);

inline constexpr int kMostArguments = 6;
// Longer timeouts are cut, so that sums with them do not overflow.
inline constexpr std::int64_t kLongestTimeout = std::int64_t{1000} * 3600 * 24 * 365;

// The resource in {:pending, job}. EctoLibSql.Connection.Await starts it; it then sends
// {:ecto_libsql_answer, tag, answer} once, unless it has been cancelled. If the session answers
// later, the request has been started by the call, or is started by run(), and LaterAnswer sends.
//
// Threads: start() and cancel() by the calling process, run() by the thread that it starts on.
// Whoever moves the state out of `created` or `queued` may use the arguments and the connection.
class Job {
 public:
  using Clock = std::chrono::steady_clock;

  // Copies the arguments: into the answer's environment, unless they are large, because the
  // receiver's next garbage collection looks at all that came with a message. With a connection,
  // the job waits for the connection's turn (JobQueue).
  enum class Arguments : std::uint8_t { small, large };
  Job(const Call& call, Operation operation, ConnectionPtr connection, Arguments size) noexcept;
  // Of a request that has been started.
  Job(const Call& call, std::shared_ptr<LaterAnswer> answer) noexcept;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  ~Job() = default;

  // Starts it, once. `milliseconds` count from the call; negative: without a deadline. If no thread
  // can be started, the answer is that error. Errors: misuse if it has been started before.
  void start(ERL_NIF_TERM tag, std::int64_t milliseconds);
  enum class Cancelled : std::uint8_t {
    cancelled,  // no message will be sent
    running,    // it cannot be given up: the message will come when it ends
    answered,   // the message has been sent, or is about to be
  };
  [[nodiscard]] Cancelled cancel() noexcept;

  // Called by the VM when the caller of a request whose answer comes later has died.
  void process_down(ErlNifEnv* env, const ErlNifPid& pid) noexcept;

  // Runs it and sends the answer, unless it has been cancelled.
  void run() noexcept;
  // Sends an error in its place.
  void refuse(const Error& error) noexcept;

  // --- For its Call ---

  [[nodiscard]] ErlNifEnv* env() const noexcept { return message_.env(); }
  [[nodiscard]] const std::shared_ptr<State>& state() const noexcept { return state_; }
  [[nodiscard]] const ErlNifPid& caller() const noexcept { return caller_; }
  [[nodiscard]] int arity() const noexcept { return arity_; }
  [[nodiscard]] const ERL_NIF_TERM* arguments() const noexcept { return arguments_.data(); }
  [[nodiscard]] std::optional<std::uint64_t> interrupts_seen() const noexcept {
    return interrupts_seen_;
  }
  // That many milliseconds after the call.
  [[nodiscard]] Clock::time_point after(std::int64_t milliseconds) const noexcept;
  [[nodiscard]] std::optional<Clock::time_point> deadline() const noexcept { return deadline_; }
  // The request has started; its answer comes later.
  void answer_later(std::shared_ptr<LaterAnswer> answer) noexcept { later_ = std::move(answer); }
  // Gives the request up when the caller dies. `env`: of the caller, or null on a thread of ours.
  void watch_caller(ErlNifEnv* env) noexcept;
  // Whether the caller may be answered before the job ends: only while it does nothing but read.
  void allow_abandoning(bool allowed) noexcept;
  // True once nobody waits for the answer: it was cancelled, or its caller is dead.
  [[nodiscard]] bool is_abandoned() noexcept;

 private:
  enum class Status : std::uint8_t {
    created,
    preparing,
    queued,
    running,
    reading,  // running, and may be abandoned
    later,    // the answer comes later
    answered,
    cancelled,
  };

  [[nodiscard]] bool move(Status from, Status to) noexcept {
    return status_.compare_exchange_strong(from, to);
  }
  void answer(ERL_NIF_TERM answer) noexcept;
  // Leaves the tag to the later answer.
  void hand_over() noexcept;
  void release() noexcept;

  const std::shared_ptr<State> state_;
  const ErlNifPid caller_;
  const Operation operation_;
  const Clock::time_point called_ = Clock::now();
  const std::optional<std::uint64_t> interrupts_seen_;
  const int arity_;
  ConnectionPtr connection_;
  Message message_;
  std::optional<Message> large_arguments_;
  // Written before the status becomes `later`, or by the constructor.
  std::shared_ptr<LaterAnswer> later_;
  std::array<ERL_NIF_TERM, kMostArguments> arguments_{};
  ERL_NIF_TERM tag_ = 0;
  std::optional<Clock::time_point> deadline_;
  Clock::time_point looked_;  // when is_abandoned() last looked whether the caller lives
  std::atomic<Status> status_{Status::created};
};

}  // namespace libsql::nif

#endif  // LIBSQL_NIF_JOB_H_
