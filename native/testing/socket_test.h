// What tests of streams over WebSockets share: an I/O thread, options, and short ways to send.
#ifndef LIBSQL_TESTING_SOCKET_TEST_H_
#define LIBSQL_TESTING_SOCKET_TEST_H_

#include <chrono>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "remote/socket_stream.h"
#include "testing/stream_answer.h"
#include "testing/wait.h"
#include "testing/web_socket_server.h"

namespace libsql::testing {

// Of this process.
[[nodiscard]] inline int thread_count() {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                        std::filesystem::directory_iterator()));
}

class SocketTest : public ::testing::Test {
 protected:
  // `clean`: and the request leaves nothing on the stream.
  enum class Close { no, yes, clean };
  using Requests = std::vector<hrana::Request>;

  SocketTest() {
    environment_.backoff.first = std::chrono::milliseconds(1);
    environment_.backoff.attempts = 3;
  }

  [[nodiscard]] static remote::Deadline deadline() {
    return std::chrono::steady_clock::now() + kPatience;
  }
  [[nodiscard]] static hrana::Request execute(std::string_view sql) {
    hrana::Execute request;
    request.stmt.sql = sql;
    return request;
  }
  [[nodiscard]] remote::SocketTransport transport_to(const WebSocketServer& server,
                                                     const std::string& path = "") {
    return transport_to("ws://127.0.0.1:" + std::to_string(server.port()) + path);
  }
  [[nodiscard]] remote::SocketTransport transport_to(const std::string& url) {
    return {remote::parse_url(url), options_, environment_};
  }

  static void start(remote::Stream& stream, const Requests& requests,
                    const std::shared_ptr<StreamAnswer>& answer, Close close = Close::no) {
    stream.send(
        {requests, deadline(), close != Close::no, close == Close::clean, close == Close::clean},
        answer);
  }
  static std::shared_ptr<StreamAnswer> send(remote::Stream& stream, const Requests& requests,
                                            Close close = Close::no) {
    auto answer = std::make_shared<StreamAnswer>();
    start(stream, requests, answer, close);
    return answer;
  }
  // Sends and waits.
  static std::shared_ptr<StreamAnswer> run(remote::Stream& stream, const Requests& requests,
                                           Close close = Close::no) {
    auto answer = send(stream, requests, close);
    EXPECT_TRUE(answer->wait());
    return answer;
  }
  // Every id is given back, sooner or later.
  [[nodiscard]] static bool nothing_is_in_use(const remote::SocketTransport& transport) {
    return eventually([&] {
      auto& origin = transport.origin();
      return origin.requests().in_use() == 0 && origin.streams().in_use() == 0 &&
             origin.cursors().in_use() == 0;
    });
  }

  remote::IoThread io_;
  RemoteOptions options_;
  remote::SocketEnvironment environment_{io_, nullptr, {}, [] { return 0.5; }, {}, {}};
};

}  // namespace libsql::testing

#endif  // LIBSQL_TESTING_SOCKET_TEST_H_
