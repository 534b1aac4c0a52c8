// What sqld answers, byte by byte: exchanges that were recorded once (fixtures/sqld, of libsql
// commit f8fb14f) and are replayed here. A request that is not the recorded one gets no answer.
//
// To record them again: LIBSQL_RECORD_SQLD=URL of a proxy in front of an empty sqld that writes
// down each exchange in the file that the header x-fixture names.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mutex.h"
#include "libsql/database.h"
#include "testing/http_server.h"
#include "testing/request_trace.h"

namespace libsql::remote {
namespace {

using testing::RequestTrace;
using testing::ScriptedAnswer;

struct Exchange {
  std::string request;  // Its target and body, with a line feed between them.
  std::string answer;
};

// A file has, for each exchange, `>>` and `<<` with the number of the bytes that follow on the next
// line.
std::vector<Exchange> read_fixture(const std::string& name) {
  std::ifstream file(std::filesystem::path(LIBSQL_SQLD_FIXTURES) / (name + ".txt"),
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

class SqldExchangesTest : public ::testing::Test {
 protected:
  Connection connect(const std::string& fixture) {
    RemoteOptions options;
    if (const char* const url = std::getenv("LIBSQL_RECORD_SQLD")) {
      options.headers = {{"x-fixture", fixture}};
      return Database::remote(url, options).connect();
    }
    {
      const core::MutexLock lock(mutex_);
      exchanges_ = read_fixture(fixture);
    }
    return Database::remote("http://127.0.0.1:" + std::to_string(server_.port()), options)
        .connect();
  }
  static std::string execute(Connection& db, std::string_view sql) {
    return RequestTrace::of(db, request::Execute{{sql}});
  }
  // Until an idle stream of sqld has expired; a recorded one has.
  static void wait_for_expiry() {
    if (std::getenv("LIBSQL_RECORD_SQLD") == nullptr) return;
    std::this_thread::sleep_for(std::chrono::seconds(13));
  }

 private:
  ScriptedAnswer answer(const testing::HttpServer::Request& request) {
    const core::MutexLock lock(mutex_);
    const std::string target(request.target().data(), request.target().size());
    const std::string asked = target + '\n' + request.body();
    // Streams are closed in the background, at any time.
    const auto found = std::ranges::find(exchanges_, asked, &Exchange::request);
    if (found == exchanges_.end()) {
      ADD_FAILURE() << "was not recorded: " << asked;
      return {"", true, false};
    }
    ScriptedAnswer recorded{std::move(found->answer), false, false};
    exchanges_.erase(found);
    return recorded;
  }

  core::Mutex mutex_;
  std::vector<Exchange> exchanges_ LIBSQL_GUARDED_BY(mutex_);
  testing::HttpServer server_{[this](const auto& request) { return answer(request); }};
};

TEST_F(SqldExchangesTest, ValuesOfEveryType) {
  Connection db = connect("values");
  EXPECT_EQ(execute(db, "SELECT 9223372036854775807 AS big, 1.5, 'a\"b', x'00ff', NULL"),
            "columns big 1.5 'a\"b' x'00ff' NULL\n"
            "row 9223372036854775807|1.5|'a\"b'|X'00ff'|NULL\ndone 0 1\nok");
}

TEST_F(SqldExchangesTest, ErrorsHaveTheirKinds) {
  Connection db = connect("errors");
  EXPECT_EQ(execute(db, "CREATE TABLE t(a UNIQUE)"), "done 4 0\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "error constraint 2067");
  EXPECT_EQ(execute(db, "SELECT nope FROM t"), "error error 1");
  EXPECT_EQ(execute(db, "SELEC 1"), "error error 1");
  EXPECT_EQ(execute(db, "COMMIT"), "error error 1");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, ATransactionCommits) {
  Connection db = connect("transaction");
  execute(db, "CREATE TABLE t(a)");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "SELECT a FROM t"), "columns a\nrow 1\ndone 0 1\nok");
  db.commit();
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, AStatementThatRollsBackLosesItsTransaction) {
  Connection db = connect("rolled_back");
  execute(db, "CREATE TABLE t(a UNIQUE)");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  EXPECT_EQ(execute(db, "INSERT OR ROLLBACK INTO t VALUES (1)"), "error constraint 2067 lost");
  EXPECT_FALSE(db.in_transaction());
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, AStreamThatExpiredIsALostTransaction) {
  Connection db = connect("expired");
  execute(db, "CREATE TABLE t(a)");
  db.begin_transaction(TransactionMode::immediate);
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (1)"), "done 1 1\nok");
  wait_for_expiry();
  EXPECT_EQ(execute(db, "INSERT INTO t VALUES (2)"), "error busy lost retryable");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

TEST_F(SqldExchangesTest, ACursorGivesItsRowsAndOneThatCannotBeParsedAnError) {
  Connection db = connect("cursor");
  RequestTrace opened;
  opened.start(db, request::OpenCursor{{"VALUES (1), (2), (3)"}});
  EXPECT_EQ(opened.wait(), "opened\nok");
  EXPECT_EQ(RequestTrace::of(db, request::Fetch{opened.cursor, 10}),
            "columns column1\nrow 1\nrow 2\nrow 3\nportion 3 last\nok");
  EXPECT_EQ(RequestTrace::of(db, request::OpenCursor{{"SELEC 1"}}), "error error unknown");
}

TEST_F(SqldExchangesTest, ADescriptionNamesColumnsAndParameters) {
  Connection db = connect("describe");
  execute(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  EXPECT_EQ(
      RequestTrace::of(db, request::Describe{std::string_view("SELECT id, a FROM t WHERE a = :a")}),
      "described id:INTEGER a:- <:a>\nok");
  EXPECT_EQ(execute(db, "DROP TABLE t"), "done 5 0\nok");
}

}  // namespace
}  // namespace libsql::remote
