// Exchanges with a server that were recorded once, byte by byte, and are replayed: the fixture of
// tests about what other servers answer. A request that is not the recorded one gets no answer.
//
// To record them again: LIBSQL_RECORD=URL of a proxy in front of an empty database that writes down
// each exchange in the file that the header x-fixture names.
#ifndef LIBSQL_TESTS_REMOTE_RECORDED_EXCHANGES_H_
#define LIBSQL_TESTS_REMOTE_RECORDED_EXCHANGES_H_

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/mutex.h"
#include "libsql/database.h"
#include "testing/http_server.h"
#include "testing/request_trace.h"

namespace libsql::remote {

class RecordedExchanges : public ::testing::Test {
 protected:
  // Errors of reading fail the test. `folder`: the server's, in tests/remote/fixtures.
  explicit RecordedExchanges(std::string folder) : folder_(std::move(folder)) {}

  static const char* recorder() { return std::getenv("LIBSQL_RECORD"); }

  Connection connect(const std::string& fixture) {
    RemoteOptions options;
    if (recorder() != nullptr) {
      options.headers = {{"x-fixture", fixture}};
      return Database::remote(recorder(), options).connect();
    }
    {
      const core::MutexLock lock(mutex_);
      exchanges_ = read_fixture(fixture);
    }
    return Database::remote("http://127.0.0.1:" + std::to_string(server_.port()), options)
        .connect();
  }
  static std::string execute(Connection& db, std::string_view sql) {
    return testing::RequestTrace::of(db, request::Execute{{sql}});
  }

 private:
  struct Exchange {
    std::string request;  // Its target and body, with a line feed between them.
    std::string answer;
  };

  // A file has, for each exchange, `>>` and `<<` with the number of the bytes that follow on the
  // next line.
  [[nodiscard]] std::vector<Exchange> read_fixture(const std::string& name) const {
    std::ifstream file(std::filesystem::path(LIBSQL_EXCHANGES) / folder_ / (name + ".txt"),
                       std::ios::binary);
    EXPECT_TRUE(file.is_open()) << name;
    const auto part = [&](const std::string& mark) {
      std::string found;
      std::size_t size = 0;
      if (!(file >> found >> size) || found != mark) return std::string();
      file.get();
      std::string bytes(size, '\0');
      file.read(bytes.data(), static_cast<std::streamsize>(size));
      return bytes;
    };
    std::vector<Exchange> exchanges;
    for (std::string request = part(">>"); !request.empty(); request = part(">>")) {
      exchanges.push_back({std::move(request), part("<<")});
    }
    return exchanges;
  }

  testing::ScriptedAnswer answer(const testing::HttpServer::Request& request) {
    const core::MutexLock lock(mutex_);
    const std::string target(request.target().data(), request.target().size());
    const std::string asked = target + '\n' + request.body();
    // Streams are closed in the background, at any time.
    const auto found = std::ranges::find(exchanges_, asked, &Exchange::request);
    if (found == exchanges_.end()) {
      ADD_FAILURE() << "was not recorded: " << asked;
      return {"", true, false};
    }
    testing::ScriptedAnswer recorded{std::move(found->answer), false, false};
    exchanges_.erase(found);
    return recorded;
  }

  const std::string folder_;
  core::Mutex mutex_;
  std::vector<Exchange> exchanges_ LIBSQL_GUARDED_BY(mutex_);
  testing::HttpServer server_{[this](const auto& request) { return answer(request); }};
};

}  // namespace libsql::remote

#endif  // LIBSQL_TESTS_REMOTE_RECORDED_EXCHANGES_H_
