#include "libsql/listening.h"

#include <atomic>
#include <utility>

#include "core/mutex.h"

namespace libsql {

class Listening::State {
 public:
  explicit State(EventHandler handler) : handler_(std::move(handler)) {}

  void stop() noexcept LIBSQL_EXCLUDES(mutex_) {
    std::function<void()> action;
    {
      const core::MutexLock lock(mutex_);
      if (stopped_) return;
      stopped_ = true;
      action = std::exchange(action_, {});
    }
    if (action) action();
  }

  void notify(const Event& event) const noexcept {
    if (stopped_) return;
    try {
      handler_(event);
    } catch (...) {  // NOLINT(bugprone-empty-catch): a handler's failure is its own
    }
  }

  void on_stop(std::function<void()> action) LIBSQL_EXCLUDES(mutex_) {
    {
      const core::MutexLock lock(mutex_);
      if (!stopped_) {
        action_ = std::move(action);
        return;
      }
    }
    action();
  }

 private:
  const EventHandler handler_;
  std::atomic<bool> stopped_{false};
  core::Mutex mutex_;
  std::function<void()> action_ LIBSQL_GUARDED_BY(mutex_);
};

Listening::Listening(EventHandler handler) : state_(std::make_unique<State>(std::move(handler))) {}
Listening::~Listening() { stop(); }
void Listening::stop() noexcept { state_->stop(); }
void Listening::notify(const Event& event) const noexcept { state_->notify(event); }
void Listening::on_stop(std::function<void()> action) { state_->on_stop(std::move(action)); }

}  // namespace libsql
