// A remote database whose server answers what a script says, byte by byte, and writes down what it
// was asked.
#ifndef LIBSQL_TESTS_REMOTE_SCRIPTED_DATABASE_H_
#define LIBSQL_TESTS_REMOTE_SCRIPTED_DATABASE_H_

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/mutex.h"
#include "libsql/connection.h"
#include "remote/http_stream.h"
#include "remote/session.h"
#include "testing/http_server.h"
#include "testing/session_of.h"
#include "testing/wait.h"

namespace libsql::remote {

// What one request was.
struct Asked {
  std::string target;
  std::string authorization;
  std::string body;
};

// Each request takes the next answer; without one, the connection closes.
class ScriptedDatabase {
 public:
  explicit ScriptedDatabase(RemoteOptions options = {}) : options_(std::move(options)) {
    client_options_.pool.idle_time = std::chrono::hours(1);
    // Reading the system's certificates takes 20 ms, and seconds under ThreadSanitizer.
    client_options_.tls =
        std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_client);
  }

  ScriptedDatabase(const ScriptedDatabase&) = delete;
  ScriptedDatabase& operator=(const ScriptedDatabase&) = delete;
  // Streams close in the background; what the I/O thread leaves undone at its end is never freed.
  // REQUIRES: the connections are gone.
  ~ScriptedDatabase() {
    EXPECT_TRUE(libsql::testing::eventually([&] { return client_.use_count() == 1; }));
  }

  void answer(libsql::testing::ScriptedAnswer answer) {
    const core::MutexLock lock(mutex_);
    answers_.push_back(std::move(answer));
  }
  // Answers of pipelines: results as JSON, without the one of `close`, which is added where it was
  // asked for.
  void answer_results(const std::string& results, const std::string& baton = "null") {
    answer(libsql::testing::answer_with(body_of(results, baton)));
  }
  static std::string body_of(const std::string& results, const std::string& baton = "null") {
    return R"({"baton":)" + baton + R"(,"base_url":null,"results":[)" + results + "]}";
  }

  [[nodiscard]] std::vector<Asked> asked() {
    const core::MutexLock lock(mutex_);
    return asked_;
  }
  // Waits for that many requests, some of which come in the background.
  [[nodiscard]] std::vector<Asked> wait_for(std::size_t count) {
    static_cast<void>(libsql::testing::eventually([&] { return asked().size() >= count; }));
    return asked();
  }
  [[nodiscard]] int connections() const { return server_.connections(); }
  [[nodiscard]] std::uint16_t port() const { return server_.port(); }

  [[nodiscard]] Connection connect() {
    Backoff::Options backoff;
    backoff.first = std::chrono::milliseconds(1);
    backoff.longest = std::chrono::milliseconds(2);
    backoff.attempts = options_.attempts;
    const Url url = parse_url("http://127.0.0.1:" + std::to_string(server_.port()));
    const auto transport = std::make_shared<HttpTransport>(
        url, options_, HttpEnvironment{io_, client_, [] { return 0.5; }, backoff});
    return ConnectionAccess::connection(
        std::make_shared<RemoteSession>(transport, libsql::testing::kPatience));
  }

 private:
  libsql::testing::ScriptedAnswer on_request(const libsql::testing::HttpServer::Request& request) {
    const core::MutexLock lock(mutex_);
    const auto text = [](auto view) { return std::string(view.data(), view.size()); };
    asked_.push_back({text(request.target()), text(request["Authorization"]), request.body()});
    if (answers_.empty()) return {"", true, false};
    auto answer = std::move(answers_.front());
    answers_.pop_front();
    return answer;
  }

  const RemoteOptions options_;
  core::Mutex mutex_;
  std::deque<libsql::testing::ScriptedAnswer> answers_ LIBSQL_GUARDED_BY(mutex_);
  std::vector<Asked> asked_ LIBSQL_GUARDED_BY(mutex_);
  libsql::testing::HttpServer server_{[this](const auto& request) { return on_request(request); }};
  IoThread io_;
  HttpClient::Options client_options_;
  std::shared_ptr<HttpClient> client_ = std::make_shared<HttpClient>(io_, client_options_);
};

// --- Results, as servers write them ---

inline std::string result(const std::string& columns = "", const std::string& rows = "",
                          int affected = 0, const std::string& rowid = "null") {
  return R"({"cols":[)" + columns + R"(],"rows":[)" + rows + R"(],"affected_row_count":)" +
         std::to_string(affected) + R"(,"last_insert_rowid":)" + rowid + "}";
}
inline std::string ok(const std::string& response) {
  return R"({"type":"ok","response":)" + response + "}";
}
inline std::string executed(const std::string& result) {
  return ok(R"({"type":"execute","result":)" + result + "}");
}
inline std::string closed() { return ok(R"({"type":"close"})"); }
inline std::string autocommit(bool is_autocommit) {
  return ok(std::string(R"({"type":"get_autocommit","is_autocommit":)") +
            (is_autocommit ? "true" : "false") + "}");
}
// Each step's result or error; "null" for neither.
inline std::string batch(const std::vector<std::pair<std::string, std::string>>& steps) {
  std::string results;
  std::string errors;
  for (const auto& [one, error] : steps) {
    results += (results.empty() ? "" : ",") + one;
    errors += (errors.empty() ? "" : ",") + error;
  }
  return ok(R"({"type":"batch","result":{"step_results":[)" + results + R"(],"step_errors":[)" +
            errors + "]}}");
}
inline std::string server_error(const std::string& code, const std::string& message) {
  return R"({"message":")" + message + R"(","code":")" + code + R"("})";
}
inline std::string failed(const std::string& error) {
  return R"({"type":"error","error":)" + error + "}";
}

}  // namespace libsql::remote

#endif  // LIBSQL_TESTS_REMOTE_SCRIPTED_DATABASE_H_
