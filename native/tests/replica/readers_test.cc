// Readers in a loop while frames arrive (LIBSQL_READER_FRAMES, 30,000 without): none fails, none is
// answered BUSY, each sees whole transactions.
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

#include "testing/database_test.h"
#include "testing/replica.h"

namespace libsql::replica {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kReaders = 8;

int wanted_frames() {
  const char* const set = std::getenv("LIBSQL_READER_FRAMES");
  return set != nullptr ? std::atoi(set) : 30'000;
}

// What one reader has seen.
struct Seen {
  int reads = 0;
  int wrong = 0;
  std::string error;
  Clock::duration worst{};
};

class ReadersTest : public testing::FileTest {
 protected:
  // As the NIF does, before SQLite is used.
  static void SetUpTestSuite() { ASSERT_TRUE(use_spinning_mutexes()); }

  // Both rows are written by each transaction, on pages of their own.
  void read(const std::atomic<bool>& stop, Seen& seen) const {
    Options options;
    options.busy_timeout = std::chrono::milliseconds(0);
    options.mode = OpenMode::read_only;
    Connection db = Database(path(), options).connect();
    Statement statement = db.prepare("SELECT a.n, b.n FROM a, b");
    while (!stop) {
      const auto start = Clock::now();
      try {
        statement.reset();
        static_cast<void>(statement.step());
        if (statement.column(0).integer() != statement.column(1).integer()) ++seen.wrong;
        statement.reset();
      } catch (const Error& error) {
        seen.error = error.what();
        return;
      }
      seen.worst = std::max(seen.worst, Clock::now() - start);
      ++seen.reads;
    }
  }

  testing::PrimaryLog primary_{path("primary.db")};
};

TEST_F(ReadersTest, AreNeverBlockedNorRefused) {
  primary_.execute(
      "CREATE TABLE a(n); CREATE TABLE b(n); CREATE TABLE filler(x);"
      "INSERT INTO a VALUES (0); INSERT INTO b VALUES (0)");
  const std::size_t first = primary_.frames().size();
  for (int i = 1; i <= 20; ++i) {
    const std::string n = std::to_string(i);
    primary_.execute("BEGIN; UPDATE a SET n = " + n + "; UPDATE b SET n = " + n +
                     "; INSERT INTO filler SELECT zeroblob(3900) FROM " +
                     testing::series(i % 10 == 0 ? 5000 : 200) + "; COMMIT");
  }
  const auto file = ReplicaFile::open({path(), "https://db.example.org", {}, {}});
  testing::sync(*file, primary_);
  std::atomic<bool> stop{false};
  std::vector<Seen> seen(kReaders);
  std::vector<std::jthread> readers;
  for (Seen& one : seen) readers.emplace_back([&] { read(stop, one); });
  // The same transactions again and again: readers see their two rows change together.
  const auto start = Clock::now();
  int frames = 0;
  std::uint64_t position = primary_.head();
  const int wanted = wanted_frames();
  while (frames < wanted) {
    const auto turn = file->begin_sync(std::chrono::seconds(5));
    ASSERT_EQ(turn->need(), Need::changes);
    for (std::size_t i = first; i < primary_.frames().size(); ++i, ++frames) {
      const auto& frame = primary_.frames()[i];
      turn->add(frame.page, testing::image_of(frame));
      if (frame.size_after == 0) continue;
      ASSERT_TRUE(
          turn->end_transaction(frame.size_after, primary_.position(++position), Reached::midway));
    }
  }
  const std::chrono::duration<double> took = Clock::now() - start;
  stop = true;
  readers.clear();
  Clock::duration worst{};
  int reads = 0;
  for (const Seen& one : seen) {
    EXPECT_EQ(one.error, "");
    EXPECT_EQ(one.wrong, 0) << "half transactions";
    EXPECT_GT(one.reads, 0);
    worst = std::max(worst, one.worst);
    reads += one.reads;
  }
  RecordProperty("worst_read_us", static_cast<int>(worst / std::chrono::microseconds(1)));
  RecordProperty("reads", reads);
  RecordProperty("frames_per_second", static_cast<int>(frames / took.count()));
  // Timings are the benchmarks' matter; a blocked reader would have waited for a whole injection.
  EXPECT_LT(worst, std::chrono::seconds(10));
}

}  // namespace
}  // namespace libsql::replica
