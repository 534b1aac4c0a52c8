// "V2", with the readers of our own replicas, and with a whole one.
#include "replica/generations.h"

#include <filesystem>
#include <string>

#include "libsql/database.h"
#include "rebuilt.h"
#include "server/replication/generation_answers.h"
#include "server/replication/primary_log.h"
#include "server_test.h"
#include "testing/matchers.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace libsql {
namespace {

using server::RequestRefused;
using server::replication::EndedGeneration;
using server::replication::PrimaryLog;
using ::testing::HasSubstr;
using testing::query;
using testing::RawAnswer;
using testing::Rebuilt;

constexpr const char* kGrow =
    "INSERT INTO t(a) WITH RECURSIVE s(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM s LIMIT 900) "
    "SELECT hex(randomblob(800)) FROM s";

// Takes frames over; how many.
std::uint64_t take_frames(Rebuilt& replica, const std::string& body) {
  std::uint64_t count = 0;
  replica::GenerationFramesReader reader;
  reader.feed(body, [&](const replica::GenerationFrame& frame) {
    ++count;
    replica.put(frame.page, frame.image);
    if (frame.size_after != 0) replica.commit(frame.size_after);
  });
  reader.finish();
  return count;
}

void take_file(Rebuilt& replica, const std::string& file) {
  constexpr std::size_t kPage = replica::kPageSize;
  for (std::size_t at = 0; at < file.size(); at += kPage) {
    replica.put(static_cast<std::uint32_t>(at / kPage + 1),
                std::string_view(file).substr(at, kPage));
  }
  replica.commit(static_cast<std::uint32_t>(file.size() / kPage));
}

// --- Answers of a log whose generations end often ---

class GenerationAnswersTest : public ::testing::Test {
 protected:
  GenerationAnswersTest() { db_.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, a)"); }

  void write(const std::string& sql) {
    db_.execute_script(sql);
    log_->capture();
  }
  [[nodiscard]] RawAnswer ask(const std::string& path) {
    server::replication::PoolAnswer answer = sync_answer(log_->view(), path);
    RawAnswer made;
    if (const auto* response = std::get_if<server::HttpResponse>(&answer)) {
      made.status = response->status;
      made.body = response->body;
      return made;
    }
    made.status = 200;
    auto& body = *std::get<server::replication::StreamedBody>(answer).body;
    while (body.next(made.body)) {
    }
    return made;
  }
  [[nodiscard]] static std::string path(std::uint64_t generation, std::uint64_t start) {
    return "/sync/" + std::to_string(generation) + '/' + std::to_string(start) + '/' +
           std::to_string(start + 128);
  }
  [[nodiscard]] int refusal(const std::string& path) {
    try {
      static_cast<void>(ask(path));
    } catch (const RequestRefused& error) {
      return error.status();
    }
    return 0;
  }
  // Pulls until nothing follows, through generations that have ended.
  void pull() {
    for (;;) {
      const RawAnswer answer = ask(path(generation_, frame_ + 1));
      if (answer.status == 200) {
        frame_ += take_frames(replica_, answer.body);
        continue;
      }
      ASSERT_EQ(answer.status, 400);
      const std::uint32_t newest = replica::read_generation_status(answer.body).generation;
      if (newest == generation_) return;
      ++generation_;
      frame_ = 0;
    }
  }
  void start() {
    server::replication::PoolAnswer answer =
        export_answer(log_->view(), "/export/" + std::to_string(log_->view().generation));
    std::string file;
    auto& body = *std::get<server::replication::StreamedBody>(answer).body;
    while (body.next(file)) {
    }
    take_file(replica_, file);
    generation_ = log_->view().generation;
  }
  void expect_same() {
    EXPECT_EQ(testing::difference(replica_.file(), testing::bytes_of_file(path_)), "");
  }

  static constexpr std::uint64_t kMostFrames = 40;

  const testing::TemporaryDirectory directory_;
  const std::string path_ = directory_.path();
  Connection db_ = Database(path_).connect();
  std::unique_ptr<PrimaryLog> log_ =
      std::make_unique<PrimaryLog>(path_, kMostFrames, EndedGeneration::kept);
  std::uint64_t generation_ = 0;
  std::uint64_t frame_ = 0;
  Rebuilt replica_;
};

TEST_F(GenerationAnswersTest, AReplicaGoesOnThroughAGenerationThatHasEnded) {
  start();
  write("INSERT INTO t(a) VALUES (1)");
  pull();
  const std::uint64_t first = generation_;
  write("INSERT INTO t(a) VALUES (2)");
  while (log_->view().generation == first) write("UPDATE t SET a = a + 1");
  write("INSERT INTO t(a) VALUES (3)");
  pull();
  EXPECT_EQ(generation_, first + 1);
  expect_same();
}

TEST_F(GenerationAnswersTest, TheFileOfALaterGenerationHasAllPagesInOrder) {
  start();
  const std::uint64_t first = generation_;
  write(std::string(kGrow) + "; DELETE FROM t WHERE id % 3 = 0; CREATE INDEX i ON t(a)");
  while (log_->view().generation == first) write("UPDATE t SET a = a || 'x' WHERE id < 9");
  replica_ = {};
  frame_ = 0;
  start();
  pull();
  expect_same();
}

TEST_F(GenerationAnswersTest, WhatHasGoneIsRefused) {
  start();
  const std::uint64_t first = generation_;
  write("INSERT INTO t(a) VALUES (1)");
  while (log_->view().generation == first) write("UPDATE t SET a = a + 1");
  const std::uint64_t frames = log_->view().frames_before;
  EXPECT_EQ(ask(path(first, 1)).status, 200);
  log_.reset();
  log_ = std::make_unique<PrimaryLog>(path_, kMostFrames, EndedGeneration::kept);
  ASSERT_EQ(log_->view().generation, first + 1);
  EXPECT_EQ(refusal(path(first, 1)), 410);
  EXPECT_EQ(ask(path(first, frames + 1)).status, 400) << "this replica has all of it";
  EXPECT_EQ(refusal(path(first - 1, 1)), 410);
  EXPECT_EQ(refusal(path(first + 2, 1)), 410);
  EXPECT_EQ(refusal(path(first + 1, 5000)), 410) << "frames that this log has never had";
}

TEST_F(GenerationAnswersTest, PathsThatNameNothingAreNotFound) {
  start();
  for (const char* const wrong :
       {"/sync/", "/sync/1", "/sync/1/2", "/sync/1/2/", "/sync/1/2/3/4", "/sync/1/2/x",
        "/sync/1/0/5", "/sync/1/5/5", "/sync/-1/2/3", "/sync/99999999999999999999/1/2"}) {
    EXPECT_EQ(refusal(wrong), 404) << wrong;
  }
}

// --- The server ---

class GenerationsTest : public testing::ServerTest {
 protected:
  GenerationsTest() { start_with_generations(); }

  void start_with_generations(std::uint16_t port = 0) {
    server::Options options;
    options.port = port;
    options.database = directory_.path();
    options.generations = true;
    start(std::move(options));
  }
  [[nodiscard]] std::uint32_t newest() {
    return replica::read_current_generation(connect().get("/info").body);
  }
  [[nodiscard]] RawAnswer sync(std::uint32_t generation, std::uint64_t start) {
    return connect().get("/sync/" + std::to_string(generation) + '/' + std::to_string(start) + '/' +
                         std::to_string(start + 128));
  }
  void run(const std::string& sql) {
    EXPECT_THAT(pipeline(execute(sql) + kAndClose).body, HasSubstr("\"affected_row_count\""));
  }
  [[nodiscard]] Connection replica() {
    return Database::replica(copy(), server().url(), {}).connect();
  }
  [[nodiscard]] std::string copy() const { return directory_.path() + "-copy"; }

  const testing::TemporaryDirectory directory_;
};

TEST_F(GenerationsTest, TheFileAndItsFramesAreTheDatabase) {
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  run(kGrow);
  const std::uint32_t generation = newest();
  Rebuilt replica;
  take_file(replica, connect().get("/export/" + std::to_string(generation)).body);
  std::uint64_t frame = 0;
  for (const char* const sql : {"UPDATE t SET a = 1 WHERE id = 7", kGrow, "DELETE FROM t"}) {
    run(sql);
    RawAnswer answer;
    while ((answer = sync(generation, frame + 1)).status == 200)
      frame += take_frames(replica, answer.body);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(replica::read_generation_status(answer.body).generation, generation);
    EXPECT_FALSE(replica.open());
  }
  EXPECT_EQ(testing::difference(replica.file(), testing::bytes_of_file(directory_.path())), "");
}

TEST_F(GenerationsTest, AnswersAsAServerThatHasNothingElse) {
  EXPECT_EQ(connect().post("/pull-updates", "").status, 404);
  EXPECT_EQ(connect().post("/sync/1/1/2", "frames").status, 403);
  EXPECT_EQ(connect().get("/export/5").status, 410);
  EXPECT_EQ(connect().get("/export/x").status, 404);
  start();
  for (const char* const path : {"/info", "/export/1", "/sync/1/1/2"}) {
    EXPECT_EQ(connect().get(path).status, 404) << path;
  }
}

TEST_F(GenerationsTest, WantsTheToken) {
  server::Options options;
  options.generations = true;
  options.read_only_token = server::TokenDigest("reader");
  start(std::move(options));
  for (const char* const path : {"/info", "/export/1", "/sync/1/1/2"}) {
    EXPECT_EQ(connect().get(path).status, 401) << path;
  }
  EXPECT_EQ(connect().get("/info", "authorization: Bearer reader\r\n").status, 200);
}

TEST_F(GenerationsTest, OurReplicaFollows) {
  run("CREATE TABLE t(id INTEGER PRIMARY KEY, a)");
  run(kGrow);
  Connection db = replica();
  EXPECT_EQ(db.replica_status().protocol, "generations");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "900");
  db.execute("INSERT INTO t(a) VALUES ('through the replica')");
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "901");
  run("DELETE FROM t WHERE id > 10");
  db.sync();
  EXPECT_EQ(query(db, "SELECT count(*) FROM t"), "10");
  EXPECT_EQ(db.sync().pages, 0U);
}

TEST_F(GenerationsTest, OurReplicaTakesEverythingWhereItsGenerationHasGone) {
  run("CREATE TABLE t(a)");
  replica().close();
  const std::uint16_t port = server().port();
  start();
  for (const char* const ending : {"-replication-log", "-replication-snapshot"}) {
    std::filesystem::remove(directory_.path() + ending);
  }
  Connection(Database(directory_.path()).connect()).execute("INSERT INTO t VALUES ('elsewhere')");
  start_with_generations(port);
  Connection db = replica();
  EXPECT_EQ(query(db, "SELECT a FROM t"), "'elsewhere'");
}

}  // namespace
}  // namespace libsql
