// The asynchronous form of the API: calls that return at once, whose results come to a callback or
// resume a C++20 coroutine.
//
//   libsql::AsyncConnection db(libsql::Database("shop.db").connect());
//   const auto books = co_await db.query<Book>("SELECT * FROM book WHERE shelf = ?", 7);
//   db.execute("DELETE FROM book").then([](libsql::AsyncResult<std::int64_t> changed) { ... });
//
// A call does nothing until it is awaited or given a callback. The calls of one connection run one
// after the other, in the order in which they were begun; of several connections side by side. A
// transaction belongs to the connection: give each flow of work its own.
//
// Where it goes on: a call on a local database runs on a thread of the library's pool and resumes
// there, as does what a replica reads from its file; one that runs at a server resumes on the
// thread that receives the answer, where nothing may block. AsyncOptions::resume_on moves both
// elsewhere, for instance onto an event loop. A call that is refused at once resumes on the thread
// that has made it.
#ifndef LIBSQL_ASYNC_H_
#define LIBSQL_ASYNC_H_

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libsql/arguments.h"
#include "libsql/connection.h"
#include "libsql/error.h"
#include "libsql/export.h"
#include "libsql/request.h"
#include "libsql/rows.h"

namespace libsql {

struct AsyncOptions {
  // Runs what it is given, soon and once: a callback, or the rest of a coroutine. Empty: see above.
  std::function<void(std::function<void()>)> resume_on;
};

namespace detail {

class AsyncCore;
class AsyncTask;

// Owned arguments, as a session asks for them.
class LIBSQL_API OwnedArguments final : public Parameters {
 public:
  explicit OwnedArguments(const ArgumentViews& arguments);
  [[nodiscard]] bool by_name() const override { return by_name_; }
  [[nodiscard]] std::span<const ValueView> values() override;
  [[nodiscard]] bool find(std::string_view name, ValueView& value) override;

 private:
  bool by_name_;
  std::vector<std::string> names_;
  std::vector<Value> values_;
  std::vector<ValueView> views_;
};

// What a call asks, and what it makes of the answer. Used by one thread at a time.
class LIBSQL_API AsyncOperation {
 public:
  AsyncOperation() = default;
  AsyncOperation(const AsyncOperation&) = delete;
  AsyncOperation& operator=(const AsyncOperation&) = delete;
  virtual ~AsyncOperation() = default;
  // Valid as long as the operation.
  [[nodiscard]] virtual Request request() = 0;
  virtual void columns(std::span<const std::string_view> /*names*/) {}
  virtual void row(const Row& /*row*/) {}
  virtual void done(std::int64_t /*count*/) {}
};

struct AsyncLimits {
  std::optional<std::chrono::steady_clock::time_point> deadline;
  std::stop_token stop;
};

// A task for an operation; `ended` is called once, with null if it went well.
[[nodiscard]] LIBSQL_API std::shared_ptr<AsyncTask> make_async(
    const std::shared_ptr<AsyncCore>& core, std::shared_ptr<AsyncOperation> operation,
    AsyncLimits limits, std::function<void(const Error*)> ended);
LIBSQL_API void begin_async(std::shared_ptr<AsyncTask> task);
// Gives it up; `ended` is not called any more, unless it is being called now.
LIBSQL_API void abandon_async(AsyncTask& task) noexcept;

}  // namespace detail

// What has come of a call: a value or an error.
template <typename T>
class AsyncResult {
 public:
  explicit AsyncResult(Error error) : error_(std::move(error)) {}
  explicit AsyncResult(T value) : value_(std::move(value)) {}
  // Null if the call went well.
  [[nodiscard]] const Error* error() const noexcept { return error_ ? &*error_ : nullptr; }
  // Errors: the call's.
  [[nodiscard]] T value() && {
    if (error_) throw Error(*error_);
    return *std::move(value_);
  }

 private:
  std::optional<T> value_;
  std::optional<Error> error_;
};

namespace detail {

// An operation with a result of type T. Errors of result(): what is missing in the answer.
template <typename T>
class TypedOperation : public AsyncOperation {
 public:
  [[nodiscard]] virtual T result() = 0;
  [[nodiscard]] AsyncResult<T> outcome(const Error* error) {
    if (error != nullptr) return AsyncResult<T>(*error);
    try {
      return AsyncResult<T>(result());
    } catch (const Error& missing) {
      return AsyncResult<T>(missing);
    }
  }
};

}  // namespace detail

// A call that has not begun. Await it, or call then(); each once.
template <typename T>
class [[nodiscard]] AsyncCall {
 public:
  AsyncCall(std::shared_ptr<detail::AsyncCore> core,
            std::shared_ptr<detail::TypedOperation<T>> operation)
      : core_(std::move(core)), operation_(std::move(operation)) {}

  // The call ends with ErrorKind::timeout when it has not ended by then, counted from now. One
  // whose time is over when its turn comes does not run.
  AsyncCall within(std::chrono::milliseconds time) && {
    limits_.deadline = std::chrono::steady_clock::now() + time;
    return std::move(*this);
  }
  // A request to stop ends the call with ErrorKind::interrupted, unless its answer comes first.
  AsyncCall stop_on(std::stop_token stop) && {
    limits_.stop = std::move(stop);
    return std::move(*this);
  }

  // Begins, and calls `callback` with an AsyncResult<T> in the end. It must not throw.
  template <typename Callback>
  void then(Callback callback) && {
    detail::begin_async(detail::make_async(
        core_, operation_, std::move(limits_),
        [operation = operation_, callback = std::move(callback)](const Error* error) mutable {
          callback(operation->outcome(error));
        }));
  }

  // Begins, and gives the result or throws the error where the coroutine goes on. To destroy the
  // coroutine while it waits gives the call up; it must not be resuming on another thread then.
  auto operator co_await() && { return Awaiter(std::move(*this)); }

 private:
  class Awaiter {
   public:
    explicit Awaiter(AsyncCall call) : call_(std::move(call)) {}
    Awaiter(const Awaiter&) = delete;
    Awaiter& operator=(const Awaiter&) = delete;
    ~Awaiter() {
      if (task_ != nullptr) detail::abandon_async(*task_);
    }
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiting) {
      task_ = detail::make_async(call_.core_, call_.operation_, std::move(call_.limits_),
                                 [this, waiting](const Error* error) {
                                   if (error != nullptr) error_ = *error;
                                   waiting.resume();
                                 });
      // The coroutine may go on, and this object be gone, before begin_async() returns.
      detail::begin_async(task_);
    }
    T await_resume() { return call_.operation_->outcome(error_ ? &*error_ : nullptr).value(); }

   private:
    AsyncCall call_;
    std::optional<Error> error_;
    std::shared_ptr<detail::AsyncTask> task_;
  };

  std::shared_ptr<detail::AsyncCore> core_;
  std::shared_ptr<detail::TypedOperation<T>> operation_;
  detail::AsyncLimits limits_;
};

namespace detail {

class LIBSQL_API AsyncStatement {
 public:
  AsyncStatement(std::string sql, const ArgumentViews& arguments)
      : sql_(std::move(sql)), arguments_(arguments) {}
  [[nodiscard]] Request request() {
    return request::Execute{Command{std::string_view(sql_), &arguments_}};
  }
  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

 private:
  std::string sql_;
  OwnedArguments arguments_;
};

class ExecuteOperation final : public TypedOperation<std::int64_t> {
 public:
  ExecuteOperation(std::string sql, const ArgumentViews& arguments)
      : statement_(std::move(sql), arguments) {}
  [[nodiscard]] Request request() override { return statement_.request(); }
  void done(std::int64_t count) override { count_ = count; }
  [[nodiscard]] std::int64_t result() override { return count_; }

 private:
  AsyncStatement statement_;
  std::int64_t count_ = 0;
};

template <typename... Columns>
class QueryOperation final : public TypedOperation<std::vector<RowOf<Columns...>>> {
 public:
  QueryOperation(std::string sql, const ArgumentViews& arguments)
      : statement_(std::move(sql), arguments) {}
  [[nodiscard]] Request request() override { return statement_.request(); }
  void columns(std::span<const std::string_view> names) override {
    reader_ = RowReader<Columns...>(names);
  }
  void row(const Row& row) override { rows_.push_back(reader_(row)); }
  [[nodiscard]] std::vector<RowOf<Columns...>> result() override { return std::move(rows_); }

 private:
  AsyncStatement statement_;
  RowReader<Columns...> reader_;
  std::vector<RowOf<Columns...>> rows_;
};

// Errors: error unless `rows` is 1.
LIBSQL_API void expect_one_row(std::size_t rows, const std::string& sql);

template <OwnedColumn T>
class ValueOperation final : public TypedOperation<T> {
 public:
  ValueOperation(std::string sql, const ArgumentViews& arguments)
      : statement_(std::move(sql), arguments) {}
  [[nodiscard]] Request request() override { return statement_.request(); }
  void row(const Row& row) override {
    if (++rows_ == 1) value_ = std::get<0>(row.as<T>());
  }
  [[nodiscard]] T result() override {
    expect_one_row(rows_, statement_.sql());
    return *std::move(value_);
  }

 private:
  AsyncStatement statement_;
  std::size_t rows_ = 0;
  std::optional<T> value_;
};

// BEGIN, COMMIT, ROLLBACK, a script; its result is how many rows the last statement has changed.
class ControlOperation final : public TypedOperation<std::int64_t> {
 public:
  explicit ControlOperation(Request request) : request_(std::move(request)) {}
  explicit ControlOperation(std::string script)
      : script_(std::move(script)), request_(request::Script{script_}) {}
  [[nodiscard]] Request request() override { return request_; }
  void done(std::int64_t count) override { count_ = count; }
  [[nodiscard]] std::int64_t result() override { return count_; }

 private:
  std::string script_;
  Request request_;
  std::int64_t count_ = 0;
};

}  // namespace detail

// A connection for calls that do not wait.
//
// Threads: thread-safe.
// Lifetime: its end is that of close(). Calls that have not begun may outlive it, and end with
// ErrorKind::closed.
class LIBSQL_API AsyncConnection {
 public:
  // Takes the connection over; nothing else uses it from then on. Of a local one it replaces the
  // cancel check.
  explicit AsyncConnection(Connection connection, AsyncOptions options = {});
  AsyncConnection(AsyncConnection&&) noexcept;
  AsyncConnection& operator=(AsyncConnection&&) noexcept;
  AsyncConnection(const AsyncConnection&) = delete;
  AsyncConnection& operator=(const AsyncConnection&) = delete;
  ~AsyncConnection();

  // The call that runs ends with ErrorKind::interrupted, those that wait with ErrorKind::closed.
  // Does not wait: the connection is closed when the running call has ended. A second call does
  // nothing.
  void close() noexcept;

  // The number of rows changed. Arguments as in arguments.h; they are copied.
  template <typename... Arguments>
  requires SqlArguments<Arguments...> AsyncCall<std::int64_t> execute(
      Text sql, const Arguments&... arguments) {
    return call<std::int64_t, detail::ExecuteOperation>(std::move(sql), arguments...);
  }
  // All rows of a query, read as by Row::as(): tuples, or one struct.
  template <typename... Columns, typename... Arguments>
  requires OwnedRow<Columns...> && SqlArguments<Arguments...>
      AsyncCall<std::vector<RowOf<Columns...>>> query(Text sql, const Arguments&... arguments) {
    return call<std::vector<RowOf<Columns...>>, detail::QueryOperation<Columns...>>(std::move(sql),
                                                                                    arguments...);
  }
  // The one value of a query. Errors: error unless there is exactly one row.
  template <OwnedColumn T, typename... Arguments>
  requires SqlArguments<Arguments...> AsyncCall<T> query_value(Text sql,
                                                               const Arguments&... arguments) {
    return call<T, detail::ValueOperation<T>>(std::move(sql), arguments...);
  }
  // Every statement of a text in turn; the first failure ends it.
  AsyncCall<std::int64_t> execute_script(Text sql);
  AsyncCall<std::int64_t> begin(TransactionMode mode = TransactionMode::deferred);
  AsyncCall<std::int64_t> commit();
  AsyncCall<std::int64_t> rollback();

 private:
  template <typename T, typename Operation, typename... Arguments>
  AsyncCall<T> call(Text sql, const Arguments&... arguments) {
    return AsyncCall<T>(core_, detail::with_arguments(
                                   [&](const detail::ArgumentViews& views) {
                                     return std::make_shared<Operation>(std::move(sql).str(),
                                                                        views);
                                   },
                                   arguments...));
  }

  std::shared_ptr<detail::AsyncCore> core_;
};

}  // namespace libsql

#endif  // LIBSQL_ASYNC_H_
