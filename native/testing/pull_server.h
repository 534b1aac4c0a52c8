// Serves a primary's log to replicas over HTTP, by all three pull protocols, and lets tests spoil
// its answers.
#ifndef LIBSQL_TESTING_PULL_SERVER_H_
#define LIBSQL_TESTING_PULL_SERVER_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/mutex.h"
#include "testing/http_server.h"
#include "testing/replica.h"

namespace libsql::testing {

enum class PullProtocol : std::uint8_t { replication_log, updates, generations, none };

// Threads: thread-safe.
class PullServer {
 public:
  // Changes an answer before it is sent. May wait: other requests are answered meanwhile, so it may
  // be called on several threads at a time.
  using Tamper = std::function<void(const HttpServer::Request& request, ScriptedAnswer& answer)>;

  explicit PullServer(const std::string& database, PullProtocol protocol);

  [[nodiscard]] std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_.port());
  }
  void execute(const std::string& sql) LIBSQL_EXCLUDES(mutex_);
  // The primary's file when its log is moved into it.
  [[nodiscard]] std::string file() LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] std::uint64_t head() LIBSQL_EXCLUDES(mutex_);
  // The log gets another id: all of it has to be pulled again.
  void reset_log() LIBSQL_EXCLUDES(mutex_);
  // The same while sessions go on, as if the database had been replaced by another one.
  void rename_log() LIBSQL_EXCLUDES(mutex_);
  // As a primary that was started again: sessions have to say Hello.
  void forget_sessions() LIBSQL_EXCLUDES(mutex_);
  // Frames before this one come as a snapshot only, which so many requests do not find yet.
  void compact(int too_early = 0) LIBSQL_EXCLUDES(mutex_);
  void tamper(Tamper tamper) LIBSQL_EXCLUDES(mutex_);
  // The targets of the requests since the last call.
  [[nodiscard]] std::vector<std::string> take_requests() LIBSQL_EXCLUDES(mutex_);

 private:
  [[nodiscard]] ScriptedAnswer answer(const HttpServer::Request& request) LIBSQL_EXCLUDES(mutex_);
  [[nodiscard]] ScriptedAnswer route(const HttpServer::Request& request) LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] ScriptedAnswer log_call(const HttpServer::Request& request,
                                        const std::string& method) LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] std::string hello() const LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] std::string entries(std::uint64_t next) const LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] std::string snapshot(std::uint64_t next) const LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] std::string updates(const std::string& body) const LIBSQL_REQUIRES(mutex_);
  [[nodiscard]] ScriptedAnswer generation(const std::string& target) const LIBSQL_REQUIRES(mutex_);

  const PullProtocol protocol_;
  core::Mutex mutex_;
  PrimaryLog log_ LIBSQL_GUARDED_BY(mutex_);
  std::string id_ LIBSQL_GUARDED_BY(mutex_) = "log-1";
  std::string token_ LIBSQL_GUARDED_BY(mutex_) = "token-1";
  std::uint64_t first_ LIBSQL_GUARDED_BY(mutex_) = 0;
  int too_early_ LIBSQL_GUARDED_BY(mutex_) = 0;
  Tamper tamper_ LIBSQL_GUARDED_BY(mutex_);
  std::vector<std::string> requests_ LIBSQL_GUARDED_BY(mutex_);
  HttpServer server_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_PULL_SERVER_H_
