// /beta/listen: an event for each commit that changes the table.
#include "server_test.h"

namespace libsql {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawAnswer;
using testing::RawClient;
using ::testing::StartsWith;

class ListenTest : public testing::ServerTest {
 protected:
  void SetUp() override {
    static_cast<void>(
        pipeline(execute("CREATE TABLE t(a)") + "," + execute("CREATE TABLE u(a)") + kAndClose));
  }
  // A connection that listens already.
  [[nodiscard]] std::unique_ptr<RawClient> listen(const std::string& query) {
    auto client = std::make_unique<RawClient>(server().port());
    client->send("GET /beta/listen?" + query + " HTTP/1.1\r\nHost: x\r\n\r\n");
    std::string head;
    while (head.find("\r\n\r\n") == std::string::npos) head += client->receive_some(1);
    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream"));
    return client;
  }
  [[nodiscard]] static std::string next_event(RawClient& client) {
    std::string bytes;
    while (bytes.find("\n\n\r\n") == std::string::npos) bytes += client.receive_some(1);
    const std::size_t begin = bytes.find("\r\n") + 2;
    return bytes.substr(begin, bytes.size() - begin - 4);
  }
};

TEST_F(ListenTest, EachCommitIsOneEventWithItsCounts) {
  const auto client = listen("table=t");
  static_cast<void>(pipeline(execute("BEGIN") + "," + execute("INSERT INTO t VALUES (1), (2)") +
                             "," + execute("UPDATE t SET a = 3 WHERE a = 1") + "," +
                             execute("INSERT INTO u VALUES (1)") + "," + execute("COMMIT") +
                             kAndClose));
  EXPECT_EQ(next_event(*client), "event: changes\ndata: {\"insert\":2,\"update\":1}");
  static_cast<void>(pipeline(execute("DELETE FROM t WHERE a = 3") + kAndClose));
  EXPECT_EQ(next_event(*client), "event: changes\ndata: {\"delete\":1}");
}

TEST_F(ListenTest, WhatIsRolledBackIsNoEvent) {
  const auto client = listen("table=t");
  static_cast<void>(pipeline(execute("BEGIN") + "," + execute("INSERT INTO t VALUES (1)") + "," +
                             execute("ROLLBACK") + "," + execute("DELETE FROM t") + "," +
                             execute("INSERT INTO t VALUES (1), (2), (3)") + kAndClose));
  EXPECT_EQ(next_event(*client), "event: changes\ndata: {\"insert\":3}");
}

TEST_F(ListenTest, TellsOnlyOfTheActionsThatAreNamed) {
  const auto client = listen("action=delete&table=%74&action=update");
  static_cast<void>(pipeline(execute("INSERT INTO t VALUES (1)") + "," +
                             execute("UPDATE t SET a = 2") + kAndClose));
  EXPECT_EQ(next_event(*client), "event: changes\ndata: {\"update\":1}");
}

TEST_F(ListenTest, NeedsATable) {
  const RawAnswer answer = connect().get("/beta/listen?action=insert");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("the query must name a table"));
}

TEST_F(ListenTest, RefusesAnActionThatIsNone) {
  const RawAnswer answer = connect().get("/beta/listen?table=t&action=inserts");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("an action must be insert, update or delete"));
}

TEST_F(ListenTest, DoesNotKeepTheServerFromStopping) {
  const auto client = listen("table=t");
  server().stop(std::chrono::seconds(20));
  EXPECT_EQ(client->receive_some(), "");
}

}  // namespace
}  // namespace libsql
