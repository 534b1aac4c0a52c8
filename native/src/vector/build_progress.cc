#include "vector/build_progress.h"

#include <algorithm>
#include <utility>

namespace libsql::vector {

BuildProgress::BuildProgress(VectorBuildObserver observer, std::function<Clock::time_point()> now)
    : observer_(std::move(observer)), now_(std::move(now)) {}

void BuildProgress::begin(const IndexName& index, std::int64_t rows) {
  if (!observer_) return;
  build_ = {};
  build_.schema = index.schema;
  build_.index = index.name;
  build_.rows = static_cast<std::uint64_t>(rows);
  from_ = until_ = 0;
  begun_ = now_();
  next_ = begun_ + kInterval;
  running_ = true;
}

void BuildProgress::stage(double until, std::int64_t steps) noexcept {
  from_ = until_;
  until_ = until;
  steps_ = std::max(steps, std::int64_t{1});
  done_ = 0;
}

void BuildProgress::at(std::int64_t steps) noexcept {
  done_ = std::min(steps, steps_);
  if (!running_ || now_() < next_) return;
  build_.fraction =
      from_ + (until_ - from_) * static_cast<double>(done_) / static_cast<double>(steps_);
  report();
}

void BuildProgress::succeed() noexcept {
  build_.fraction = 1;
  end();
}

void BuildProgress::fail(const Error& error) noexcept {
  build_.error = error;
  end();
}

void BuildProgress::end() noexcept {
  if (!std::exchange(running_, false)) return;
  build_.ended = true;
  report();
}

void BuildProgress::report() noexcept {
  const Clock::time_point now = now_();
  build_.duration = std::chrono::duration_cast<std::chrono::microseconds>(now - begun_);
  observer_(build_);
  next_ = now_() + kInterval;
}

}  // namespace libsql::vector
