// One stream: an SQL connection, and the queue in which its requests run.
#ifndef LIBSQL_SERVER_STREAM_H_
#define LIBSQL_SERVER_STREAM_H_

#include <functional>
#include <memory>
#include <utility>

#include "core/thread_pool.h"
#include "server/sql_session.h"

namespace libsql::server {

// Threads: thread-safe.
class Stream {
 public:
  // Must not throw. Once the client has gone, tasks still run, but SQL fails at once.
  using Task = std::function<void(SqlSession&)>;

  Stream(std::shared_ptr<Engine> engine, core::ThreadPool& pool)
      : queue_(std::make_shared<SerialQueue>(pool)),
        session_(std::make_shared<SqlSession>(std::move(engine), queue_)) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  // As abandon().
  ~Stream() { abandon(); }

  // Runs `task` behind those that were posted before.
  void post(Task task) {
    queue_->post([session = session_, task = std::move(task)] { task(*session); });
  }
  // What runs stops, and what is posted fails as interrupted until a task calls
  // SqlSession::go_on(). The stream stays.
  void stop() noexcept { session_->stop(); }
  // The client has gone: what runs stops, and the connection rolls back and closes.
  void abandon() noexcept {
    session_->abandon();
    if (queue_->is_idle() && session_->is_closed()) return;
    post([](SqlSession& session) { session.close(); });
  }

 private:
  const std::shared_ptr<SerialQueue> queue_;
  const std::shared_ptr<SqlSession> session_;
};

}  // namespace libsql::server

#endif  // LIBSQL_SERVER_STREAM_H_
