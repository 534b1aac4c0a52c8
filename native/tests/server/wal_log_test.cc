// V1: what replicas of libSQL ask for, with the readers of our own.
#include <string>

#include "libsql/database.h"
#include "rebuilt.h"
#include "replica/grpc_web.h"
#include "replica/replication_log.h"
#include "server/replication/session_token.h"
#include "server_test.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::RawAnswer;
using testing::RawClient;
using testing::Rebuilt;

class WalLogTest : public testing::ServerTest {
 protected:
  WalLogTest() {
    server::Options options;
    options.database = directory_.path();
    start(std::move(options));
  }
  void expect_same() {
    EXPECT_EQ(testing::difference(replica_.file(), testing::bytes_of_file(directory_.path())), "");
  }

  struct Reply {
    std::vector<std::string> messages;
    int code = -1;
    std::string status;
  };

  [[nodiscard]] Reply call(const std::string& path, const std::string& message,
                           const std::string& headers = {}) {
    const RawAnswer answer = connect().post(path, replica::grpc_request(message), headers);
    EXPECT_EQ(answer.status, 200) << answer.body;
    Reply reply;
    replica::GrpcWebReader reader;
    std::string current;
    reader.feed(answer.body, {[&](std::string_view bytes) { current += bytes; },
                              [&] { reply.messages.push_back(std::exchange(current, {})); }});
    reader.finish();
    if (reader.status()) {
      reply.code = reader.status()->code;
      reply.status = reader.status()->message;
    }
    return reply;
  }

  [[nodiscard]] replica::Hello hello() {
    const Reply reply = call(kHello, replica::hello_request());
    EXPECT_EQ(reply.code, 0) << reply.status;
    token_ = replica::read_hello(reply.messages.at(0)).session_token;
    return replica::read_hello(reply.messages.at(0));
  }
  [[nodiscard]] Reply pull(const std::string& path, std::uint64_t next) {
    return call(path, replica::log_offset(next), "x-session-token: " + token_ + "\r\n");
  }

  void apply(const replica::LogFrame& frame) {
    EXPECT_EQ(frame.number, next_);
    next_ = frame.number + 1;
    replica_.put(frame.page, frame.image);
    if (frame.size_after != 0) replica_.commit(frame.size_after);
  }
  // As a replica does: up to the head that Hello has told.
  void sync() {
    const std::uint64_t head = hello().head.value();
    while (next_ <= head) {
      Reply reply = pull(kBatch, next_);
      if (reply.code == 9) {
        ASSERT_EQ(reply.status, "NEED_SNAPSHOT");
        take_snapshot();
        continue;
      }
      ASSERT_EQ(reply.code, 0);
      replica::FramesReader reader;
      reader.feed(reply.messages.at(0), [this](const replica::LogFrame& frame) { apply(frame); });
      reader.finish();
      ASSERT_FALSE(replica_.open()) << "a batch ends with a transaction";
    }
  }
  void take_snapshot() {
    const Reply reply = pull(kSnapshot, next_);
    ASSERT_EQ(reply.code, 0);
    const replica::LogFrame first = replica::read_log_frame(reply.messages.at(0));
    std::uint64_t above = first.number + 1;
    std::uint32_t size = 0;
    for (const std::string& message : reply.messages) {
      const replica::LogFrame frame = replica::read_log_frame(message);
      EXPECT_LT(frame.number, above);
      EXPECT_GE(frame.number, next_);
      EXPECT_EQ(size, 0U) << "only the last frame ends the transaction";
      above = frame.number;
      size = frame.size_after;
      replica_.put(frame.page, frame.image);
    }
    ASSERT_GT(size, 0U);
    replica_.commit(size);
    next_ = first.number + 1;
  }
  void run(const std::string& sql) {
    EXPECT_THAT(pipeline(execute(sql) + kAndClose).body,
                HasSubstr(R"("type":"ok","response":{"type":"execute")"));
  }

  static constexpr const char* kHello = "/wal_log.ReplicationLog/Hello";
  static constexpr const char* kBatch = "/wal_log.ReplicationLog/BatchLogEntries";
  static constexpr const char* kSnapshot = "/wal_log.ReplicationLog/Snapshot";
  static constexpr const char* kGrow =
      "INSERT INTO t(a) WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s LIMIT 3000) "
      "SELECT hex(randomblob(800)) FROM s";

  const testing::TemporaryDirectory directory_;
  std::string token_;
  std::uint64_t next_ = 0;
  Rebuilt replica_;
};

TEST_F(WalLogTest, AReplicaHasThePagesOfTheDatabaseAfterEachSync) {
  sync();
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  run("INSERT INTO t(a) VALUES ('one')");
  sync();
  expect_same();
  run(kGrow);
  run("DELETE FROM t WHERE id > 40");
  run("CREATE INDEX i ON t(a)");
  sync();
  expect_same();
  next_ = 0;
  replica_ = {};
  sync();
  expect_same();
}

TEST_F(WalLogTest, ABatchHasAWholeTransactionOfAnySize) {
  run("CREATE TABLE t(a)");
  next_ = hello().head.value() + 1;
  run(kGrow);
  const Reply reply = pull(kBatch, next_);
  ASSERT_EQ(reply.code, 0);
  std::uint64_t frames = 0;
  bool ended = false;
  replica::FramesReader reader;
  reader.feed(reply.messages.at(0), [&](const replica::LogFrame& frame) {
    ++frames;
    ended = frame.size_after != 0;
  });
  EXPECT_GT(frames, 1024U);
  EXPECT_TRUE(ended);
}

TEST_F(WalLogTest, ABatchBehindTheHeadIsEmpty) {
  const replica::Hello answer = hello();
  const Reply reply = pull(kBatch, answer.head.value() + 1);
  EXPECT_EQ(reply.code, 0);
  EXPECT_EQ(reply.messages, std::vector<std::string>{""});
  EXPECT_EQ(pull(kSnapshot, answer.head.value() + 1).code, 14);
}

TEST_F(WalLogTest, ResultsOfHranaNameThePositionThatHasTheirWrite) {
  EXPECT_THAT(pipeline(execute("CREATE TABLE t(a)") + kAndClose).body,
              HasSubstr(R"("replication_index":null)"));
  const std::uint64_t head = hello().head.value();
  for (int i = 1; i <= 3; ++i) {
    const std::string wanted =
        "\"replication_index\":\"" + std::to_string(hello().head.value() + 1);
    EXPECT_THAT(pipeline(execute("INSERT INTO t VALUES (1)") + kAndClose).body, HasSubstr(wanted));
  }
  EXPECT_EQ(hello().head.value(), head + 3);
  const std::string index = "\"replication_index\":\"" + std::to_string(head + 3) + "\"";
  EXPECT_THAT(pipeline(execute("SELECT 1") + kAndClose).body, HasSubstr(index));
  const std::string batch = R"({"type":"batch","batch":{"steps":[{"stmt":{"sql":"SELECT 1"}}]}})";
  EXPECT_THAT(pipeline(batch + kAndClose).body, HasSubstr("\"step_errors\":[null]," + index));
}

TEST_F(WalLogTest, WantsTheTokenOfThisProcess) {
  static_cast<void>(hello());
  EXPECT_EQ(call(kBatch, replica::log_offset(0)).status, "NO_HELLO");
  token_ = "221e35d2-9df7-4f76-8d61-6bb09e18ed8c";
  const Reply reply = pull(kSnapshot, 0);
  EXPECT_EQ(reply.code, 9);
  EXPECT_EQ(reply.status, "NO_HELLO");
}

TEST(SessionTokenTest, IsAnotherOneForEachLogAndProcess) {
  const server::replication::SessionToken process;
  const server::replication::LogId one = server::replication::random_id();
  EXPECT_EQ(process.text(one), process.text(one));
  EXPECT_NE(process.text(one), process.text(server::replication::random_id()));
  EXPECT_NE(process.text(one), server::replication::SessionToken().text(one));
}

TEST_F(WalLogTest, AnswersClientsWithoutARightWithTheirStatus) {
  server::Options options;
  options.token = server::TokenDigest("secret");
  start(std::move(options));
  const Reply none = call(kHello, replica::hello_request());
  EXPECT_EQ(none.code, 16);
  EXPECT_THAT(none.status, ::testing::StartsWith("AuthError: "));
  EXPECT_EQ(call(kHello, replica::hello_request(), "x-authorization: Bearer wrong\r\n").code, 16);
  EXPECT_EQ(call(kHello, replica::hello_request(), "x-authorization: Bearer secret\r\n").code, 0);
  EXPECT_EQ(call(kHello, replica::hello_request(), "authorization: Bearer secret\r\n").code, 0);
}

TEST_F(WalLogTest, RefusesBodiesThatAreNoMessage) {
  static_cast<void>(hello());
  const std::string headers = "x-session-token: " + token_ + "\r\n";
  for (const std::string& body :
       {std::string(), std::string("\0\0\0\0", 4), std::string("\0\0\0\0\x09x", 6),
        std::string("\x01\0\0\0\0", 5), std::string("\0\0\0\0\x02\x08\xff", 7),
        std::string("\0\0\0\0\x02\x10\x01", 7)}) {
    const RawAnswer answer = connect().post(kBatch, body, headers);
    EXPECT_EQ(answer.status, 200);
    EXPECT_THAT(answer.body, HasSubstr("grpc-status:3\r\n"));
  }
}

TEST_F(WalLogTest, ADatabaseThatCannotBeReplicatedSaysWhy) {
  const testing::TemporaryDirectory directory;
  Options settings;
  settings.pragmas = {{"page_size", "8192"}};
  Database(directory.path(), settings).connect().execute("CREATE TABLE t(a)");
  server::Options options;
  options.database = directory.path();
  start(std::move(options));
  const Reply reply = call(kHello, replica::hello_request());
  EXPECT_EQ(reply.code, 12);
  EXPECT_THAT(reply.status, HasSubstr("8192"));
  start();
}

}  // namespace
}  // namespace libsql
