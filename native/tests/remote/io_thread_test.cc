// What becomes of the I/O thread at the end of the process.
#include "remote/io_thread.h"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <memory>
#include <thread>

#include <gtest/gtest.h>

#include "remote/network.h"

#include <boost/asio/post.hpp>

namespace libsql::remote {
namespace {

using std::chrono_literals::operator""ms;

// A parked thread never ends, and so its object must not.
IoThread& leaked_thread() { return *std::make_unique<IoThread>().release(); }

TEST(IoThreadTest, ParkWaitsForWhatRunsAndLetsNothingRunAfterIt) {
  IoThread& thread = leaked_thread();
  const auto ended = std::make_shared<std::atomic<bool>>(false);
  std::promise<void> begun;
  boost::asio::post(thread.context(), [&] {
    begun.set_value();
    std::this_thread::sleep_for(50ms);
    *ended = true;
  });
  begun.get_future().wait();
  thread.park(std::chrono::seconds(10));
  EXPECT_TRUE(*ended);
  const auto ran = std::make_shared<std::atomic<bool>>(false);
  boost::asio::post(thread.context(), [ran] { *ran = true; });
  std::this_thread::sleep_for(20ms);
  EXPECT_FALSE(*ran);
}

TEST(IoThreadTest, ParkWaitsNoLongerThanItsPatience) {
  IoThread& thread = leaked_thread();
  const auto parked = std::make_shared<std::promise<void>>();
  boost::asio::post(thread.context(), [wait = parked->get_future().share()] { wait.wait(); });
  thread.park(10ms);  // Returns.
  parked->set_value();
}

TEST(IoThreadTest, ParkReturnsAtOnceOnTheThreadItself) {
  IoThread thread;
  std::promise<void> returned;
  boost::asio::post(thread.context(), [&] {
    thread.park(std::chrono::hours(1));
    returned.set_value();
  });
  returned.get_future().wait();
}

TEST(IoThreadTest, AProcessEndsCleanlyWhileATransportIsDestroyedOnTheThread) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        make_transport(parse_url("https://127.0.0.1:1"), {}).reset();
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace libsql::remote
