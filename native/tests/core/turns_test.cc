#include "core/turns.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace libsql::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Computes until it is stopped.
struct Work {
  Turns& turns;
  std::atomic<bool> stop{false};

  void compute(std::atomic<std::int64_t>& rounds) {
    Turns::Computation computation(turns);
    computation.begin();
    while (!stop) {
      computation.pass([this] { return stop.load(); });
      if (stop) break;
      ++rounds;
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    }
  }
};

TEST(Turns, LongComputationsAllGetOnAndEndWhenTheyAreStopped) {
  Turns turns(2);
  Work work{turns};
  std::vector<std::atomic<std::int64_t>> rounds(8);
  std::vector<std::thread> threads;
  threads.reserve(rounds.size());
  for (auto& own : rounds) threads.emplace_back([&] { work.compute(own); });
  std::this_thread::sleep_for(milliseconds(600));
  const std::vector<std::int64_t> before(rounds.begin(), rounds.end());
  std::this_thread::sleep_for(milliseconds(600));
  for (std::size_t i = 0; i < rounds.size(); ++i) EXPECT_GT(rounds[i], before[i]) << i;
  work.stop = true;
  const auto stopped = steady_clock::now();
  for (auto& thread : threads) thread.join();
  EXPECT_LT(steady_clock::now() - stopped, milliseconds(2000));
}

TEST(Turns, OneThatHasNoPlaceWaitsUntilOneIsGivenBack) {
  Turns turns(1);
  Turns::Computation first(turns);
  first.begin();
  std::this_thread::sleep_for(milliseconds(25));
  first.pass([] { return false; });  // Has the place.
  std::atomic<bool> passed{false};
  std::thread other([&] {
    Turns::Computation second(turns);
    second.begin();
    std::this_thread::sleep_for(milliseconds(25));
    second.pass([] { return false; });
    passed = true;
  });
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_FALSE(passed);
  first.end();
  other.join();
  EXPECT_TRUE(passed);
}

TEST(Turns, OneThatIsStoppedWhileItWaitsLeavesTheQueue) {
  Turns turns(1);
  Turns::Computation first(turns);
  first.begin();
  std::this_thread::sleep_for(milliseconds(25));
  first.pass([] { return false; });
  {
    Turns::Computation second(turns);
    second.begin();
    std::this_thread::sleep_for(milliseconds(25));
    second.pass([] { return true; });
  }
  first.end();
  Turns::Computation third(turns);
  third.begin();
  std::this_thread::sleep_for(milliseconds(25));
  bool asked = false;
  third.pass([&] { return asked = true; });
  EXPECT_FALSE(asked) << "the place is free";
}

TEST(Turns, AShortComputationTakesNoPlace) {
  Turns turns(1);
  Turns::Computation first(turns);
  first.begin();
  std::this_thread::sleep_for(milliseconds(25));
  first.pass([] { return false; });
  Turns::Computation second(turns);
  second.begin();
  bool asked = false;
  second.pass([&] { return asked = true; });
  EXPECT_FALSE(asked);
}

}  // namespace
}  // namespace libsql::core
