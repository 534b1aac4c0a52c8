// A development server in the test's own process.
#ifndef LIBSQL_TESTS_SERVER_SERVER_TEST_H_
#define LIBSQL_TESTS_SERVER_SERVER_TEST_H_

#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "raw_client.h"
#include "server/server.h"
#include "testing/wait.h"

namespace libsql::testing {

class ServerTest : public ::testing::Test {
 protected:
  // Starts it with other options than the defaults. By value, as tests make them for it alone.
  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  void start(server::Options options = {}) {
    server_.reset();
    server_ = std::make_unique<server::Server>(std::move(options));
  }
  [[nodiscard]] server::Server& server() {
    if (!server_) start();
    return *server_;
  }
  [[nodiscard]] RawClient connect() { return RawClient(server().port()); }
  // On a connection of its own.
  [[nodiscard]] RawAnswer pipeline(const std::string& requests, const std::string& baton = {}) {
    return connect().pipeline(requests, baton);
  }
  // The baton in an answer; empty if it is null.
  [[nodiscard]] static std::string baton_of(const std::string& body) {
    constexpr std::string_view kMember = "\"baton\":\"";
    const std::size_t begin = body.find(kMember);
    if (begin == std::string::npos) return {};
    return body.substr(begin + kMember.size(),
                       body.find('"', begin + kMember.size()) - begin - kMember.size());
  }
  [[nodiscard]] static std::string execute(const std::string& sql) {
    return R"({"type":"execute","stmt":{"sql":")" + sql + "\"}}";
  }
  // The first value of the first row, as JSON, of a query on a stream of its own.
  [[nodiscard]] std::string value_of(const std::string& sql) {
    const std::string body = pipeline(execute(sql) + kAndClose).body;
    const std::size_t begin = body.find("\"rows\":[[") + 9;
    return body.substr(begin, body.find('}', begin) - begin + 1);
  }

  static constexpr const char* kAndClose = ",{\"type\":\"close\"}";

 private:
  std::unique_ptr<server::Server> server_;
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTS_SERVER_SERVER_TEST_H_
