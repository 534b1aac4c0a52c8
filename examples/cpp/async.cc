// Calls that do not wait: with callbacks, and as coroutines on an event loop. The program fails if
// anything is not as it says.
#include "libsql/async.h"

#include <chrono>
#include <condition_variable>
#include <coroutine>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <iostream>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>

#include "libsql/database.h"
#include "libsql/error.h"

namespace {

void check(bool holds, std::string_view claim) {
  if (!holds) throw std::runtime_error("not true: " + std::string(claim));
  std::cout << "  " << claim << '\n';
}

// The smallest event loop: an application has its own, with a call that posts work to it.
class Loop {
 public:
  void post(std::function<void()> work) {
    const std::scoped_lock lock(mutex_);
    work_.push_back(std::move(work));
    woken_.notify_one();
  }
  // Until `done` says so.
  void run(const bool& done) {
    while (!done) next()();
  }

 private:
  std::function<void()> next() {
    std::unique_lock lock(mutex_);
    woken_.wait(lock, [this] { return !work_.empty(); });
    auto work = std::move(work_.front());
    work_.pop_front();
    return work;
  }

  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<std::function<void()>> work_;
};

// The smallest coroutine type: begins at once, and keeps what it throws.
struct Task {
  struct promise_type {
    std::exception_ptr failure;
    bool done = false;
    Task get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() { done = true; }
    void unhandled_exception() {
      failure = std::current_exception();
      done = true;
    }
  };
  std::coroutine_handle<promise_type> handle;

  void finish(Loop& loop) {
    loop.run(handle.promise().done);
    const std::exception_ptr failure = handle.promise().failure;
    handle.destroy();
    if (failure) std::rethrow_exception(failure);
  }
};

Task sell(libsql::AsyncConnection& shop) {
  std::cout << "Coroutine\n";
  co_await shop.execute_script(
      "CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT, stock INTEGER);"
      "INSERT INTO book(title, stock) VALUES ('Dune', 3), ('Emma', 0)");
  co_await shop.begin(libsql::TransactionMode::immediate);
  const auto id =
      co_await shop.query_value<std::int64_t>("SELECT id FROM book WHERE title = ?", "Dune");
  co_await shop.execute("UPDATE book SET stock = stock - 1 WHERE id = ?", id);
  co_await shop.commit();
  const auto left = co_await shop.query<std::string, int>("SELECT title, stock FROM book");
  check(std::get<1>(left.at(0)) == 2, "one is sold, and no thread has waited for it");

  bool in_time = true;
  try {
    co_await shop
        .query_value<std::int64_t>(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
        .within(std::chrono::milliseconds(50));
  } catch (const libsql::Error& error) {
    in_time = error.kind() != libsql::ErrorKind::timeout;
  }
  check(!in_time, "an endless query ends at its deadline");
}

void callback(libsql::AsyncConnection& shop) {
  std::cout << "Callback\n";
  std::promise<std::int64_t> changed;
  shop.execute("UPDATE book SET stock = stock + 1")
      .then([&](libsql::AsyncResult<std::int64_t> result) {
        changed.set_value(std::move(result).value());
      });
  check(changed.get_future().get() == 2, "the callback gets the number of changed rows");
}

}  // namespace

int main() {
  try {
    Loop loop;
    const libsql::Database memory = libsql::Database(libsql::Database::shared_memory("shop"));
    const libsql::Connection keeper = memory.connect();  // It lives as long as a connection does.
    libsql::AsyncConnection on_loop(
        memory.connect(),
        {.resume_on = [&loop](std::function<void()> work) { loop.post(std::move(work)); }});
    sell(on_loop).finish(loop);
    libsql::AsyncConnection on_pool(memory.connect());
    callback(on_pool);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
