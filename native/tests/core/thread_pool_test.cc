#include "core/thread_pool.h"

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/error.h"

#if defined(__linux__)
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#endif

namespace libsql::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

// A gate that tasks wait at.
class Gate {
 public:
  void open() { promise_.set_value(); }
  void wait() const { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_{promise_.get_future()};
};

template <typename Condition>
bool eventually(Condition condition) {
  const auto end = steady_clock::now() + seconds(10);
  while (!condition()) {
    if (steady_clock::now() > end) return false;
    std::this_thread::sleep_for(milliseconds(1));
  }
  return true;
}

TEST(ThreadPool, RunsAsManyTasksAtOnceAsThereAre) {
  ThreadPool pool({.most_threads = 64});
  std::atomic<int> running{0};
  Gate gate;
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(pool.post([&] {
      ++running;
      gate.wait();
    }));
  }
  EXPECT_TRUE(eventually([&] { return running == 40; }));
  EXPECT_EQ(pool.counts().threads, 40U);
  gate.open();
  EXPECT_TRUE(pool.stop(seconds(10)));
}

TEST(ThreadPool, AtItsLimitTasksWaitInTheOrderOfTheCalls) {
  ThreadPool pool({.most_threads = 1});
  Gate gate;
  std::vector<int> order;
  std::atomic<int> done{0};
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(pool.post([&, i] {
      gate.wait();
      order.push_back(i);
      ++done;
    }));
  }
  EXPECT_TRUE(eventually([&] { return pool.counts().waiting == 4; }));
  gate.open();
  EXPECT_TRUE(eventually([&] { return done == 5; }));
  EXPECT_TRUE(pool.stop(seconds(10)));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(ThreadPool, ATaskBehindLongOnesIsNotHeldUp) {
  ThreadPool pool({.most_threads = 64});
  Gate gate;
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(pool.post([&] { gate.wait(); }));
  for (int i = 0; i < 100; ++i) {
    std::promise<void> done;
    ASSERT_TRUE(pool.post([&] { done.set_value(); }));
    ASSERT_EQ(done.get_future().wait_for(seconds(5)), std::future_status::ready);
  }
  gate.open();
  EXPECT_TRUE(pool.stop(seconds(10)));
}

TEST(ThreadPool, AnIdleThreadEnds) {
  ThreadPool pool({.most_threads = 8, .idle_time = milliseconds(20)});
  std::atomic<bool> done{false};
  ASSERT_TRUE(pool.post([&] { done = true; }));
  EXPECT_TRUE(eventually([&] { return done && pool.counts().threads == 0; }));
  done = false;
  ASSERT_TRUE(pool.post([&] { done = true; }));
  EXPECT_TRUE(eventually([&] { return done.load(); }));
}

TEST(ThreadPool, ATaskThatThrowsHarmsNobody) {
  ThreadPool pool({.most_threads = 1});
  std::promise<void> done;
  ASSERT_TRUE(pool.post([] { throw 1; }));
  ASSERT_TRUE(pool.post([&] { done.set_value(); }));
  EXPECT_EQ(done.get_future().wait_for(seconds(10)), std::future_status::ready);
  EXPECT_TRUE(pool.stop(seconds(10)));
}

TEST(ThreadPool, StopDropsWhatWaitsAndDoesNotWaitForAnEndlessTask) {
  const auto gate = std::make_shared<Gate>();
  const auto token = std::make_shared<int>(0);
  {
    ThreadPool pool({.most_threads = 1});
    std::promise<void> started;
    ASSERT_TRUE(pool.post([gate, &started] {
      started.set_value();
      gate->wait();
    }));
    started.get_future().wait();
    ASSERT_TRUE(pool.post([token] { FAIL(); }));
    const auto before = steady_clock::now();
    EXPECT_FALSE(pool.stop(milliseconds(20)));
    EXPECT_LT(steady_clock::now() - before, seconds(5));
    EXPECT_EQ(token.use_count(), 1);
    EXPECT_FALSE(pool.post([] {}));
  }
  gate->open();  // The thread ends after the pool.
}

TEST(ThreadPool, TasksOfManyThreadsAllRun) {
  ThreadPool pool({.most_threads = 16});
  constexpr int kEach = 5000;
  std::atomic<int> ran{0};
  std::vector<std::thread> posters;
  posters.reserve(4);
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int n = 0; n < kEach; ++n) ASSERT_TRUE(pool.post([&] { ++ran; }));
    });
  }
  for (auto& poster : posters) poster.join();
  EXPECT_TRUE(eventually([&] { return ran == 4 * kEach; }));
  EXPECT_TRUE(pool.stop(seconds(10)));
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(ThreadPoolDeathTest, IfTheSystemRefusesTheFirstThreadTheErrorSaysWhatToDo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto post_without_memory = [] {
    ThreadPool pool({.most_threads = 8});
    // What is freed here stays in the heap, for the error and its text.
    std::vector<char>(std::size_t{1} << 16U).clear();
    const rlimit nothing{0, 0};
    setrlimit(RLIMIT_AS, &nothing);
    try {
      static_cast<void>(pool.post([] {}));
    } catch (const Error& error) {
      const bool helps = error.message().find("max_threads") != std::string_view::npos;
      std::_Exit(helps && error.kind() == ErrorKind::out_of_memory ? 0 : 2);
    }
    std::_Exit(1);
  };
  EXPECT_EXIT(post_without_memory(), testing::ExitedWithCode(0), "");
}
#endif

#if defined(__linux__)
TEST(ThreadPool, ItsThreadsHaveANameAndHandleNoSignals) {
  ThreadPool pool({.most_threads = 1});
  std::promise<std::string> name;
  std::promise<bool> blocked;
  ASSERT_TRUE(pool.post([&] {
    char text[16] = "";
    pthread_getname_np(pthread_self(), text, sizeof text);
    name.set_value(text);
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, nullptr, &set);
    blocked.set_value(sigismember(&set, SIGTERM) == 1 && sigismember(&set, SIGUSR1) == 1);
  }));
  EXPECT_EQ(name.get_future().get(), "libsql-1");
  EXPECT_TRUE(blocked.get_future().get());
  EXPECT_TRUE(pool.stop(seconds(10)));
}

#endif

}  // namespace
}  // namespace libsql::core
