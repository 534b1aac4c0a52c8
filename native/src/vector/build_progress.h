// Reports how far the build of an index is.
#ifndef LIBSQL_VECTOR_BUILD_PROGRESS_H_
#define LIBSQL_VECTOR_BUILD_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <functional>

#include "libsql/vector_build.h"
#include "vector/index.h"

namespace libsql::vector {

// A build consists of stages, each of steps that take about the same time. What happens between two
// builds is ignored, so a build that nobody is to hear of is not begun.
//
// Threads: thread-compatible.
class BuildProgress {
 public:
  using Clock = std::chrono::steady_clock;
  // Between two reports, and before the first one.
  static constexpr std::chrono::milliseconds kInterval{250};

  // The observer must not throw; there may be none.
  explicit BuildProgress(VectorBuildObserver observer = {},
                         std::function<Clock::time_point()> now = &Clock::now);

  // A build begins. Throws std::bad_alloc.
  void begin(const IndexName& index, std::int64_t rows);
  // A stage begins at whose end the fraction `until` of the work is done.
  void stage(double until, std::int64_t steps) noexcept;
  void step() noexcept { at(done_ + 1); }
  // So many steps of the stage are done.
  void at(std::int64_t steps) noexcept;
  void succeed() noexcept;
  // Does nothing unless a build runs.
  void fail(const Error& error) noexcept;

 private:
  void end() noexcept;
  void report() noexcept;

  VectorBuildObserver observer_;
  std::function<Clock::time_point()> now_;
  bool running_ = false;
  VectorBuild build_;
  Clock::time_point begun_;
  Clock::time_point next_;
  double from_ = 0;   // The fraction at the stage's begin,
  double until_ = 0;  // and at its end.
  std::int64_t steps_ = 1;
  std::int64_t done_ = 0;
};

}  // namespace libsql::vector

#endif  // LIBSQL_VECTOR_BUILD_PROGRESS_H_
