// A replica on a disk that is full: the sync is an error, what readers see stays, and a later sync
// goes on.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>

#include "remote/network.h"
#include "remote/url.h"
#include "replica/replicator.h"
#include "testing/database_test.h"
#include "testing/pull_server.h"

namespace libsql::replica {
namespace {

using testing::PullProtocol;
using testing::PullServer;
using testing::query;

// No file of this process grows beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limited = before_;
    limited.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limited);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  using Handler = void (*)(int);
  const Handler handler_;
  rlimit before_{};
};

class FullDiskTest : public testing::FileTest {
 protected:
  void SetUp() override {
    RemoteOptions options;
    options.attempts = 1;
    Replicator::Config config;
    config.file.file = path();
    config.file.primary = server_.url();
    config.origin = remote::make_origin(remote::parse_url(server_.url()), options);
    server_.execute("CREATE TABLE t(a, filler); INSERT INTO t VALUES (0, NULL)");
    replicator_ = Replicator::open(config);
  }
  // Whether the sync succeeds while files have `bytes` at most.
  [[nodiscard]] bool syncs_within(rlim_t bytes) {
    const FileSizeLimit full(bytes);
    try {
      replicator_->sync_and_wait({});
      return true;
    } catch (const Error& error) {
      EXPECT_THAT(error.kind(),
                  ::testing::AnyOf(ErrorKind::io, ErrorKind::full, ErrorKind::cannot_open))
          << error.what();
      return false;
    }
  }
  [[nodiscard]] std::string rows() const {
    Options options;
    options.mode = OpenMode::read_only;
    Connection db = Database(path(), options).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'");
    return query(db, "SELECT count(*) FROM t");
  }

  PullServer server_{path("primary.db"), PullProtocol::replication_log};
  std::shared_ptr<Replicator> replicator_;
};

TEST_F(FullDiskTest, LeavesTheStateBeforeAndTheNextSyncGoesOn) {
  replicator_->sync_and_wait({});
  server_.execute("INSERT INTO t SELECT value, zeroblob(300) FROM " + testing::series(1000));
  int refused = 0;
  for (rlim_t bytes = 4096; !syncs_within(bytes); bytes += 30'000) {
    EXPECT_EQ(rows(), "1") << bytes;
    ++refused;
  }
  EXPECT_GT(refused, 5);
  EXPECT_EQ(rows(), "1001");
}

TEST_F(FullDiskTest, LeavesNoHalfFirstCopy) {
  server_.execute("INSERT INTO t SELECT value, zeroblob(300) FROM " + testing::series(1000));
  int refused = 0;
  for (rlim_t bytes = 4096; !syncs_within(bytes); bytes += 30'000) {
    EXPECT_FALSE(std::filesystem::exists(path())) << bytes;
    ++refused;
  }
  EXPECT_GT(refused, 5);
  EXPECT_EQ(rows(), "1001");
}

}  // namespace
}  // namespace libsql::replica
