// Lets long computations take turns on the processors: at most as many as there are processors run
// at once, so that any number of them leaves time for whoever needs a processor for a moment. Lower
// priorities would do that too, but a thread that is not run while it has one of SQLite's or
// malloc's mutexes stops the threads that wait for it.
#ifndef LIBSQL_CORE_TURNS_H_
#define LIBSQL_CORE_TURNS_H_

#include <chrono>
#include <cstddef>
#include <deque>

#include "core/mutex.h"

namespace libsql::core {

// The places of those that compute.
//
// Threads: thread-safe.
class Turns {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Turns(std::size_t places) noexcept : free_(places) {}
  Turns(const Turns&) = delete;
  Turns& operator=(const Turns&) = delete;
  ~Turns() = default;

  // One computation. Give it turns only while it holds nothing that others wait for.
  //
  // Threads: thread-compatible.
  class Computation {
   public:
    explicit Computation(Turns& turns) noexcept : turns_(turns) {}
    Computation(const Computation&) = delete;
    Computation& operator=(const Computation&) = delete;
    // As end().
    ~Computation() { end(); }

    void begin() noexcept { since_ = Clock::now(); }
    // To be called often. Once the computation has run for 20 milliseconds it takes a place, and
    // every 20 milliseconds gives it to the next one that waits. Waiting ends when `stopped()`,
    // which is asked every 20 milliseconds.
    template <typename Stopped>
    void pass(const Stopped& stopped) {
      if (Clock::now() - since_ < kSlice || (has_place_ && !turns_.anybody_waits())) return;
      end();
      while (!(has_place_ = turns_.take_place(*this, Clock::now() + kSlice))) {
        if (stopped()) return;
      }
      since_ = Clock::now();
    }
    // Gives the place back, if it has one.
    void end() noexcept;

   private:
    friend class Turns;
    static constexpr std::chrono::milliseconds kSlice{20};

    Turns& turns_;
    Clock::time_point since_ = Clock::time_point::max();
    bool has_place_ = false;
    // While it waits; guarded by the mutex of the turns.
    bool queued_ = false;
    bool granted_ = false;
    CondVar wake_;
  };

 private:
  [[nodiscard]] bool anybody_waits() noexcept LIBSQL_EXCLUDES(mutex_);
  // False at `deadline`: the computation keeps its position in the queue, until give_place().
  [[nodiscard]] bool take_place(Computation& computation, Clock::time_point deadline)
      LIBSQL_EXCLUDES(mutex_);
  void give_place(Computation& computation) noexcept LIBSQL_EXCLUDES(mutex_);
  void pass_on() noexcept LIBSQL_REQUIRES(mutex_);

  Mutex mutex_;
  std::size_t free_ LIBSQL_GUARDED_BY(mutex_);
  std::deque<Computation*> waiting_ LIBSQL_GUARDED_BY(mutex_);
};

}  // namespace libsql::core

#endif  // LIBSQL_CORE_TURNS_H_
