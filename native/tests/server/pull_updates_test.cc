// /pull-updates, with the reader of our own replicas.
#include <future>
#include <string>

#include "libsql/database.h"
#include "rebuilt.h"
#include "replica/page_updates.h"
#include "server_test.h"
#include "testing/temporary_directory.h"

#include <protozero/pbf_writer.hpp>

namespace libsql {
namespace {

using ::testing::HasSubstr;
using testing::RawAnswer;
using testing::RawClient;
using testing::Rebuilt;

class PullUpdatesTest : public testing::ServerTest {
 protected:
  PullUpdatesTest() { restart(); }

  void restart() {
    start();  // Lets go of the file.
    server::Options options;
    options.database = directory_.path();
    start(std::move(options));
  }
  [[nodiscard]] RawAnswer ask(const std::string& body) {
    return connect().post("/pull-updates", body, "content-type: application/protobuf\r\n");
  }
  // Takes an answer over; how many pages it has.
  std::size_t apply(const RawAnswer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.body;
    std::size_t pages = 0;
    replica::UpdatesReader reader;
    reader.feed(answer.body, {[this](const replica::UpdatesHeader& header) { header_ = header; },
                              [&](replica::PageNumber page, replica::ConstBytes image) {
                                ++pages;
                                if (header_.replaces && pages == 1) replica_ = {};
                                replica_.put(page, image);
                              }});
    reader.finish();
    replica_.commit(header_.pages);
    return pages;
  }
  std::size_t pull() { return apply(ask(replica::encode({header_.revision, 0}))); }
  void run(const std::string& sql) {
    EXPECT_THAT(pipeline(execute(sql) + kAndClose).body, HasSubstr("\"affected_row_count\""));
  }
  void expect_same() {
    EXPECT_EQ(testing::difference(replica_.file(), testing::bytes_of_file(directory_.path())), "");
  }

  static constexpr const char* kGrow =
      "INSERT INTO t(a) WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s LIMIT 900) "
      "SELECT hex(randomblob(800)) FROM s";

  const testing::TemporaryDirectory directory_;
  replica::UpdatesHeader header_;
  Rebuilt replica_;
};

TEST_F(PullUpdatesTest, SendsEverythingOnceAndThenWhatHasChanged) {
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  run(kGrow);
  EXPECT_EQ(pull(), header_.pages);
  EXPECT_FALSE(header_.replaces);
  expect_same();
  EXPECT_EQ(pull(), 0U);
  run("UPDATE t SET a = 1 WHERE id = 5");
  run("UPDATE t SET a = 2 WHERE id = 5");
  const std::size_t changed = pull();
  EXPECT_GT(changed, 0U);
  EXPECT_LT(changed, 5U);
  expect_same();
  run("DELETE FROM t WHERE id > 9");
  EXPECT_GT(pull(), 0U);
  expect_same();
}

TEST_F(PullUpdatesTest, GoesOnAfterARestart) {
  run("CREATE TABLE t(a)");
  pull();
  restart();
  EXPECT_EQ(pull(), 0U);
  run("INSERT INTO t VALUES (1)");
  EXPECT_LT(pull(), 3U);
  EXPECT_FALSE(header_.replaces);
  expect_same();
}

TEST_F(PullUpdatesTest, ReplacesWhatIsOfAnotherHistory) {
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  run(kGrow);
  pull();
  const std::string revision = header_.revision;
  for (const std::string& other : {std::string("7"), "0:" + revision, "999999" + revision,
                                   "-1" + revision.substr(revision.find(':'))}) {
    header_.revision = other;
    EXPECT_EQ(pull(), header_.pages) << other;
    EXPECT_TRUE(header_.replaces);
    expect_same();
  }
  EXPECT_EQ(header_.revision, revision);
}

TEST_F(PullUpdatesTest, SendsThePagesOfAnEarlierRevision) {
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  pull();
  const std::string first = header_.revision;
  run(kGrow);
  pull();
  std::string question;
  protozero::pbf_writer(question).add_string(2, first);
  replica_ = {};
  EXPECT_EQ(apply(ask(question)), 2U);
  EXPECT_EQ(header_.revision, first);
  pull();
  expect_same();
  std::string unknown;
  protozero::pbf_writer(unknown).add_string(2, "9");
  EXPECT_EQ(ask(unknown).status, 400);
}

TEST_F(PullUpdatesTest, WaitsForAChange) {
  run("CREATE TABLE t(a)");
  pull();
  auto waiting = std::async(std::launch::async, [&] {
    return ask(replica::encode({header_.revision, 20'000}));
  });
  run("INSERT INTO t VALUES (1)");
  EXPECT_GT(apply(waiting.get()), 0U);
  expect_same();
  EXPECT_EQ(apply(ask(replica::encode({header_.revision, 30}))), 0U);
}

TEST_F(PullUpdatesTest, AServerThatStopsDoesNotWaitForThoseThatWait) {
  pull();
  RawClient waiting = connect();
  waiting.start_post("/pull-updates", replica::encode({header_.revision, 60'000}));
  pull();
  const auto began = std::chrono::steady_clock::now();
  server().stop(std::chrono::seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(15));
  EXPECT_EQ(waiting.receive_some(), "");
}

TEST_F(PullUpdatesTest, RefusesWhatItDoesNotOffer) {
  for (const std::uint32_t field : {5U, 7U}) {
    std::string question;
    protozero::pbf_writer(question).add_string(field, "x");
    EXPECT_EQ(ask(question).status, 501);
  }
  EXPECT_EQ(ask("\x08\x01").status, 501);
  EXPECT_EQ(ask("\x40\x01").status, 501);
  const RawAnswer answer = ask("\x1a\x09x");
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.content_type, "application/json");
}

TEST_F(PullUpdatesTest, WantsTheToken) {
  server::Options options;
  options.read_only_token = server::TokenDigest("reader");
  start(std::move(options));
  EXPECT_EQ(ask("").status, 401);
  EXPECT_EQ(connect().post("/pull-updates", "", "authorization: Bearer reader\r\n").status, 200);
}

}  // namespace
}  // namespace libsql
