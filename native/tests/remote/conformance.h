// The meaning of requests is the same for a local file and for a server, whatever the encoding: the
// fixture of tests that run over each.
#ifndef LIBSQL_TESTS_REMOTE_CONFORMANCE_H_
#define LIBSQL_TESTS_REMOTE_CONFORMANCE_H_

#include <cstdlib>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "libsql/database.h"
#include "server/server.h"
#include "testing/query.h"
#include "testing/request_trace.h"
#include "testing/temporary_directory.h"

namespace libsql {

// The last two are a server that somebody else runs: its URL in LIBSQL_TEST_SERVER, with an empty
// database.
enum class Way {
  local,
  http_json,
  http_protobuf,
  socket_json,
  socket_protobuf,
  given_json,
  given_protobuf
};

inline const char* given_server() { return std::getenv("LIBSQL_TEST_SERVER"); }

inline std::vector<Way> ways() {
  std::vector<Way> result{Way::local, Way::http_json, Way::http_protobuf, Way::socket_json,
                          Way::socket_protobuf};
  if (given_server() != nullptr)
    result.insert(result.end(), {Way::given_json, Way::given_protobuf});
  return result;
}

inline std::string name_of(Way way) {
  switch (way) {
    case Way::local:
      return "Local";
    case Way::http_json:
      return "HttpJson";
    case Way::http_protobuf:
      return "HttpProtobuf";
    case Way::socket_json:
      return "SocketJson";
    case Way::socket_protobuf:
      return "SocketProtobuf";
    case Way::given_json:
      return "GivenJson";
    case Way::given_protobuf:
      return "GivenProtobuf";
  }
  return "";
}

// How GoogleTest shows one.
// NOLINTNEXTLINE(readability-identifier-naming): GoogleTest's name
inline void PrintTo(Way way, std::ostream* out) { *out << name_of(way); }

class Conformance : public ::testing::TestWithParam<Way> {
 protected:
  Conformance() {
    if (is_given()) db.execute_script("DROP TABLE IF EXISTS c; DROP TABLE IF EXISTS t");
    db.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a UNIQUE)");
  }

  Connection connect() {
    if (is_local()) return Database(folder_.path()).connect();
    RemoteOptions options;
    const Way way = GetParam();
    if (way == Way::http_protobuf || way == Way::socket_protobuf || way == Way::given_protobuf) {
      options.encoding = RemoteEncoding::protobuf;
    }
    std::string url = is_given() ? given_server() : server_->url();
    const bool socket = way == Way::socket_json || way == Way::socket_protobuf;
    if (socket) url.replace(0, url.find(':'), "ws");
    return Database::remote(url, options).connect();
  }
  std::string trace(const Request& request, const Limits& limits = {}) {
    return testing::RequestTrace::of(db, request, limits);
  }
  // Runs statements as one batch.
  std::string batch(const std::vector<std::string>& statements, OnError on_error) {
    Texts texts(statements);
    return trace(request::Batch{texts, on_error});
  }
  std::string rows() {
    Connection other = connect();
    return testing::query(other, "SELECT a FROM t ORDER BY a");
  }
  static bool is_local() { return GetParam() == Way::local; }
  static bool is_given() {
    return GetParam() == Way::given_json || GetParam() == Way::given_protobuf;
  }

  class Texts final : public Commands {
   public:
    explicit Texts(std::vector<std::string> texts) : texts_(std::move(texts)) {}
    void rewind() override { next_ = 0; }
    bool next(Command& command) override {
      if (next_ == texts_.size()) return false;
      command = {std::string_view(texts_[next_++])};
      return true;
    }

   private:
    const std::vector<std::string> texts_;
    std::size_t next_ = 0;
  };

 private:
  testing::TemporaryDirectory folder_;
  std::unique_ptr<server::Server> server_ =
      is_local() || is_given() ? nullptr : std::make_unique<server::Server>(server::Options());

 protected:
  Connection db = connect();
};

}  // namespace libsql

#endif  // LIBSQL_TESTS_REMOTE_CONFORMANCE_H_
