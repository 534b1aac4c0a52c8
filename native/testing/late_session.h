// A session whose answers come late, from a thread of its own, or never: as a network's would. It
// runs each request on another session at once and keeps what that tells for later.
#ifndef LIBSQL_TESTING_LATE_SESSION_H_
#define LIBSQL_TESTING_LATE_SESSION_H_

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "core/mutex.h"
#include "core/session.h"
#include "libsql/receiver.h"

namespace libsql::testing {

// Keeps an answer, and tells it again.
class KeptAnswer final : public Receiver {
 public:
  void columns(std::span<const std::string_view> names) override {
    keep([names = std::vector<std::string>(names.begin(), names.end())](Receiver& receiver) {
      receiver.columns(std::vector<std::string_view>(names.begin(), names.end()));
    });
  }
  bool row(std::span<const ValueView> values) override {
    std::vector<Value> row;
    for (const ValueView& value : values) row.push_back(value.to_value());
    keep([row = std::move(row)](Receiver& receiver) {
      static_cast<void>(receiver.row(std::vector<ValueView>(row.begin(), row.end())));
    });
    return true;
  }
  void done(StatementKind kind, std::int64_t count) override {
    keep([=](Receiver& receiver) { receiver.done(kind, count); });
  }
  void failed(const Error& error) override {
    keep([=](Receiver& receiver) { receiver.failed(error); });
  }
  void finished(const Error* error, const SessionState& state) noexcept override {
    if (error != nullptr) error_ = *error;
    state_ = state;
  }

  void tell(Receiver& receiver) const {
    for (const auto& call : calls_) call(receiver);
    receiver.finished(error_ ? &*error_ : nullptr, state_);
  }

 private:
  using Call = std::function<void(Receiver&)>;
  void keep(Call call) { calls_.push_back(std::move(call)); }

  std::vector<Call> calls_;
  std::optional<Error> error_;
  SessionState state_;
};

// Threads: as core::Session.
class LateSession final : public core::Session {
 public:
  enum class Answers { late, never };
  explicit LateSession(std::shared_ptr<core::Session> inner, Answers answers = Answers::late)
      : inner_(std::move(inner)), answers_(answers) {}
  LateSession(const LateSession&) = delete;
  LateSession& operator=(const LateSession&) = delete;
  ~LateSession() override = default;

  Started start(const Request& request, const Limits& limits, Receiver& receiver) override {
    auto answer = std::make_unique<KeptAnswer>();
    inner_->start(request, limits, *answer);
    auto detached = receiver.detach();
    if (answers_ == Answers::never) {
      const core::MutexLock lock(mutex_);
      pending_.push_back(std::move(detached));
      return Started::pending;
    }
    threads_.emplace_back([answer = std::move(answer), to = std::move(detached)] {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
      answer->tell(*to);
    });
    return Started::pending;
  }
  void cancel(const Receiver& receiver) noexcept override {
    give_up([&](const Receiver* one) { return one == &receiver; });
  }
  void interrupt() noexcept override {
    give_up([](const Receiver* /*one*/) { return true; });
  }
  // Something waits for its answer.
  [[nodiscard]] bool waits() {
    const core::MutexLock lock(mutex_);
    return !pending_.empty();
  }

  void close() noexcept override { inner_->close(); }
  [[nodiscard]] bool is_open() const noexcept override { return inner_->is_open(); }
  [[nodiscard]] SessionState state() const override { return inner_->state(); }
  [[nodiscard]] bool read_only() const override { return inner_->read_only(); }
  void set_deadline(std::optional<std::chrono::steady_clock::time_point> deadline) override {
    inner_->set_deadline(deadline);
  }
  [[nodiscard]] std::unique_ptr<core::PreparedStatement> prepare(std::string_view sql,
                                                                 core::PrepareMode mode,
                                                                 std::string_view* tail) override {
    return inner_->prepare(sql, mode, tail);
  }
  void give_back(std::unique_ptr<core::PreparedStatement> statement) noexcept override {
    inner_->give_back(std::move(statement));
  }

 private:
  template <typename Chosen>
  void give_up(const Chosen& chosen) noexcept {
    std::vector<std::shared_ptr<Receiver>> ended;
    {
      const core::MutexLock lock(mutex_);
      std::erase_if(pending_, [&](const auto& one) {
        if (!chosen(one.get())) return false;
        ended.push_back(one);
        return true;
      });
    }
    const Error error(ErrorKind::interrupted, "interrupted");
    for (const auto& one : ended) one->finished(&error, SessionState{});
  }

  const std::shared_ptr<core::Session> inner_;
  const Answers answers_;
  core::Mutex mutex_;
  std::vector<std::shared_ptr<Receiver>> pending_ LIBSQL_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_LATE_SESSION_H_
