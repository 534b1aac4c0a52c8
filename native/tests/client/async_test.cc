// Calls that do not wait: callbacks, coroutines, their order, their end; over a local session, and
// over one whose answers come later from another thread.
#include "libsql/async.h"

#include <chrono>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include <gmock/gmock.h>

#include "core/mutex.h"
#include "testing/database_test.h"
#include "testing/late_session.h"
#include "testing/matchers.h"
#include "testing/session_of.h"

namespace libsql {
namespace {

using testing::throws_error;

constexpr std::string_view kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";

// Begins a call, and waits for its result.
template <typename T>
T wait(AsyncCall<T> call) {
  auto promise = std::make_shared<std::promise<AsyncResult<T>>>();
  auto future = promise->get_future();
  std::move(call).then([promise](AsyncResult<T> result) { promise->set_value(std::move(result)); });
  return future.get().value();
}

// A coroutine that runs at once, and whose end can be waited for.
struct Task {
  struct promise_type {
    std::promise<void> ended;
    Task get_return_object() { return {ended.get_future()}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() { ended.set_value(); }
    // Not handed to another thread: ThreadSanitizer does not see how libstdc++ counts its owners.
    void unhandled_exception() { std::terminate(); }
  };
  std::future<void> end;
};

enum class Kind { local, late };

class AsyncTest : public ::testing::TestWithParam<Kind> {
 protected:
  [[nodiscard]] static Connection connect() {
    Connection local = Database(":memory:").connect();
    if (GetParam() == Kind::local) return local;
    return ConnectionAccess::connection(
        std::make_shared<testing::LateSession>(ConnectionAccess::shared(local)));
  }
  AsyncConnection db_{connect()};
};

INSTANTIATE_TEST_SUITE_P(, AsyncTest, ::testing::Values(Kind::local, Kind::late),
                         [](const auto& kind) {
                           return std::string(kind.param == Kind::local ? "Local" : "Late");
                         });

TEST_P(AsyncTest, ACallbackGetsTheResult) {
  wait(db_.execute_script("CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, NULL)"));
  EXPECT_EQ(wait(db_.execute("INSERT INTO t VALUES (?, ?)", 3, "y")), 1);
  using Row = std::tuple<int, std::optional<std::string>>;
  EXPECT_EQ((wait(db_.query<int, std::optional<std::string>>("SELECT a, b FROM t WHERE a > ?", 1))),
            (std::vector<Row>{{2, std::nullopt}, {3, "y"}}));
  EXPECT_EQ(wait(db_.query_value<int>("SELECT count(*) FROM t WHERE b = :b", named("b", "y"))), 1);
}

struct Named {
  int a = 0;
  std::optional<std::string> b;
  bool operator==(const Named&) const = default;
  static constexpr auto sql_fields() {
    return std::tuple(field("a", &Named::a), field("b", &Named::b));
  }
};

TEST_P(AsyncTest, AStructIsReadByTheNamesOfTheColumns) {
  wait(db_.execute_script("CREATE TABLE t(b, a); INSERT INTO t VALUES ('x', 1), (NULL, 2)"));
  EXPECT_EQ(wait(db_.query<Named>("SELECT * FROM t WHERE a < ?", 7)),
            (std::vector<Named>{{1, "x"}, {2, std::nullopt}}));
  EXPECT_THAT([&] { return wait(db_.query<Named>("SELECT a FROM t")); },
              throws_error(ErrorKind::invalid_argument, "column 'b', and the row has only a"));
  EXPECT_EQ(wait(db_.query_value<int>("SELECT 1")), 1) << "the connection goes on";
}

TEST_P(AsyncTest, ACallbackGetsTheError) {
  EXPECT_THAT([&] { return wait(db_.execute("SELECT * FROM none")); },
              throws_error(ErrorKind::error, "no such table: none"));
  EXPECT_THAT([&] { return wait(db_.query_value<int>("SELECT 1 WHERE 0")); },
              throws_error(ErrorKind::error, "expected one row, got none"));
  EXPECT_THAT([&] { return wait(db_.query_value<int>("SELECT 1 UNION SELECT 2")); },
              throws_error(ErrorKind::error, "expected one row, got more"));
  EXPECT_THAT([&] { return wait(db_.query_value<int>("SELECT 'x'")); },
              throws_error(ErrorKind::error, "column 0 holds a text"));
  EXPECT_EQ(wait(db_.query_value<int>("SELECT 1")), 1) << "the connection goes on";
}

Task transfer(AsyncConnection& db, std::vector<int>& seen, std::string& caught) {
  co_await db.execute("CREATE TABLE account(id, money)");
  co_await db.execute("INSERT INTO account VALUES (1, 10), (2, 0)");
  co_await db.begin(TransactionMode::immediate);
  const auto money = co_await db.query_value<int>("SELECT money FROM account WHERE id = ?", 1);
  co_await db.execute("UPDATE account SET money = money + ? WHERE id = 2", money);
  co_await db.commit();
  seen.push_back(co_await db.query_value<int>("SELECT money FROM account WHERE id = 2"));
  try {
    co_await db.execute("SELECT broken");
  } catch (const Error& error) {
    caught = error.what();
  }
}

TEST_P(AsyncTest, ACoroutineGoesOnWithTheResultAndCatchesTheError) {
  std::vector<int> seen;
  std::string caught;
  transfer(db_, seen, caught).end.get();
  EXPECT_EQ(seen, std::vector<int>{10});
  EXPECT_EQ(caught, "no such column: broken");
}

TEST_P(AsyncTest, CallsRunInTheOrderInWhichTheyWereBegun) {
  wait(db_.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b)"));
  for (int i = 0; i < 200; ++i) {
    db_.execute("INSERT INTO t(b) VALUES (?)", i).then([](const AsyncResult<std::int64_t>&) {});
  }
  EXPECT_EQ(wait(db_.query_value<int>("SELECT count(*) FROM t WHERE b = a - 1")), 200);
}

TEST_P(AsyncTest, ACallDoesNothingUntilItIsBegun) {
  wait(db_.execute("CREATE TABLE t(a)"));
  { auto never = db_.execute("INSERT INTO t VALUES (1)"); }
  EXPECT_EQ(wait(db_.query_value<int>("SELECT count(*) FROM t")), 0);
}

TEST_P(AsyncTest, TheArgumentsAreCopied) {
  auto text = std::make_unique<std::string>(100, 'x');
  auto call = db_.query_value<std::string>("SELECT ?", *text);
  text.reset();
  EXPECT_EQ(wait(std::move(call)), std::string(100, 'x'));
}

TEST_P(AsyncTest, ClosingEndsWhatWaits) {
  std::promise<ErrorKind> waited;
  db_.execute("SELECT 1").then([](const AsyncResult<std::int64_t>&) {});
  auto late = db_.execute("SELECT 2");
  db_.close();
  db_.close();
  std::move(late).then(
      [&](const AsyncResult<std::int64_t>& result) { waited.set_value(result.error()->kind()); });
  EXPECT_EQ(waited.get_future().get(), ErrorKind::closed);
}

TEST_P(AsyncTest, AStopRequestEndsACallThatWaitsForItsTurn) {
  std::stop_source stop;
  std::promise<ErrorKind> stopped;
  auto ended = stopped.get_future();
  stop.request_stop();
  db_.query_value<int>("SELECT 1")
      .stop_on(stop.get_token())
      .then([&](const AsyncResult<int>& result) {
        stopped.set_value(result.error() == nullptr ? ErrorKind::error : result.error()->kind());
      });
  // The answer may have come first.
  EXPECT_THAT(ended.get(), ::testing::AnyOf(ErrorKind::interrupted, ErrorKind::error));
  EXPECT_EQ(wait(db_.query_value<int>("SELECT 1")), 1);
}

class LocalAsyncTest : public testing::MemoryTest {
 protected:
  AsyncConnection async_{Database(":memory:").connect()};
};

TEST_F(LocalAsyncTest, AStopRequestEndsARunningQuery) {
  std::stop_source stop;
  std::promise<ErrorKind> stopped;
  async_.query_value<int>(Text(kEndless))
      .stop_on(stop.get_token())
      .then([&](const AsyncResult<int>& result) { stopped.set_value(result.error()->kind()); });
  stop.request_stop();
  EXPECT_EQ(stopped.get_future().get(), ErrorKind::interrupted);
  EXPECT_EQ(wait(async_.query_value<int>("SELECT 1")), 1);
}

TEST_F(LocalAsyncTest, ADeadlineEndsARunningQueryAndWhatWaitsBehindIt) {
  std::promise<ErrorKind> first;
  async_.query_value<int>(Text(kEndless))
      .within(std::chrono::milliseconds(300))
      .then([&](const AsyncResult<int>& result) { first.set_value(result.error()->kind()); });
  EXPECT_THAT(
      [&] {
        return wait(async_.query_value<int>("SELECT 1").within(std::chrono::milliseconds(1)));
      },
      throws_error(ErrorKind::timeout, "while the call waited"));
  EXPECT_EQ(first.get_future().get(), ErrorKind::timeout);
}

TEST_F(LocalAsyncTest, ClosingInterruptsWhatRuns) {
  std::promise<ErrorKind> stopped;
  async_.query_value<int>(Text(kEndless)).then([&](const AsyncResult<int>& result) {
    stopped.set_value(result.error()->kind());
  });
  async_ = AsyncConnection(Database(":memory:").connect());
  EXPECT_EQ(stopped.get_future().get(), ErrorKind::interrupted);
}

// An event loop of one thread.
class Loop {
 public:
  void post(std::function<void()> work) {
    const core::MutexLock lock(mutex_);
    work_.push_back(std::move(work));
    woken_.notify_all();
  }
  void run_one() {
    std::function<void()> work;
    {
      core::MutexLock lock(mutex_);
      while (work_.empty()) woken_.wait(lock);
      work = std::move(work_.front());
      work_.pop_front();
    }
    work();
  }

 private:
  core::Mutex mutex_;
  core::CondVar woken_;
  std::deque<std::function<void()>> work_ LIBSQL_GUARDED_BY(mutex_);
};

Task two_steps(AsyncConnection& db, std::vector<std::thread::id>& threads) {
  co_await db.execute("SELECT 1");
  threads.push_back(std::this_thread::get_id());
  co_await db.execute("SELECT 2");
  threads.push_back(std::this_thread::get_id());
}

TEST(AsyncResumeTest, ACoroutineGoesOnWhereTheOptionSays) {
  Loop loop;
  AsyncConnection db(
      Database(":memory:").connect(),
      {.resume_on = [&loop](std::function<void()> work) { loop.post(std::move(work)); }});
  std::vector<std::thread::id> threads;
  Task task = two_steps(db, threads);
  loop.run_one();
  loop.run_one();
  task.end.get();
  EXPECT_EQ(threads, std::vector<std::thread::id>(2, std::this_thread::get_id()));
}

// Owns the coroutine, and destroys it while it waits.
struct Owned {
  struct promise_type {
    Owned get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Owned waits_for(AsyncConnection& db, std::shared_ptr<int> /*owned*/) {
  co_await db.query_value<int>(Text(kEndless));
}

TEST_F(LocalAsyncTest, ACoroutineThatIsDestroyedGivesItsCallUp) {
  const auto owned = std::make_shared<int>(1);
  const Owned coroutine = waits_for(async_, owned);
  EXPECT_EQ(owned.use_count(), 2);
  coroutine.handle.destroy();
  EXPECT_EQ(owned.use_count(), 1);
  EXPECT_EQ(wait(async_.query_value<int>("SELECT 1")), 1) << "the endless query has been stopped";
}

TEST_F(LocalAsyncTest, AMovedAwayConnectionIsClosed) {
  AsyncConnection moved = std::move(async_);
  EXPECT_THAT([&] { return wait(async_.execute("SELECT 1")); },  // NOLINT(bugprone-use-after-move)
              throws_error(ErrorKind::closed, "moved away"));
  EXPECT_EQ(wait(moved.query_value<int>("SELECT 1")), 1);
}

}  // namespace
}  // namespace libsql
