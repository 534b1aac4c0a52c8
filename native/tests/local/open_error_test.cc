// What an error of opening says: the file, the operating system's reason, and a remedy.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include <gmock/gmock.h>

#include "testing/child_process.h"
#include "testing/database_test.h"
#include "testing/matchers.h"

namespace libsql {
namespace {

using testing::throws_error;

class OpenErrorTest : public testing::FileTest {};

TEST_F(OpenErrorTest, AMissingFolderIsNamedWithItsReason) {
  const std::string missing = path("missing/test.db");
  EXPECT_THAT([&] { return Database(missing).connect(); },
              throws_error(ErrorKind::cannot_open,
                           missing + " (No such file or directory); the file or its folder"));
  Options options;
  options.attach = {{"aux", missing}};
  EXPECT_THAT([&] { return connect(options); },
              throws_error(ErrorKind::cannot_open, missing + " (No such file or directory)"));
}

// Lowers this process's limit of open files to the number that are open now.
class NoMoreFiles {
 public:
  NoMoreFiles() {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
    close(next);
    rlimit lower = before_;
    lower.rlim_cur = static_cast<rlim_t>(next);
    setrlimit(RLIMIT_NOFILE, &lower);
  }
  NoMoreFiles(const NoMoreFiles&) = delete;
  NoMoreFiles& operator=(const NoMoreFiles&) = delete;
  ~NoMoreFiles() { setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(OpenErrorTest, TooManyOpenFilesAreNamedWithARemedy) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's runtime opens files, too, and ends the process if it cannot";
#endif
  { const Connection creates_the_file = connect(); }
  const NoMoreFiles limit;
  EXPECT_THAT([&] { return connect(); },
              throws_error(ErrorKind::cannot_open, "(Too many open files); raise this process's"));
}

// Runs in a process of its own, which sees its own mounts: a disk of `bytes` at `folder`, or
// nothing where that is not allowed.
bool mount_small_disk(const std::string& folder, const std::string& options) {
  return unshare(CLONE_NEWNS) == 0 &&
         mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

TEST_F(OpenErrorTest, AFullDiskIsReportedAsFull) {
  const std::string folder = path("disk");
  std::filesystem::create_directory(folder);
  constexpr int kSkipped = 1;
  constexpr int kRightKind = 2;
  testing::ChildProcess child([&folder](const testing::Reports& reports) {
    if (!mount_small_disk(folder, "size=96k")) return reports.send(kSkipped);
    { Database(folder + "/test.db").connect().execute("CREATE TABLE t(a)"); }
    std::ofstream(folder + "/filler") << std::string(65'536, 'x');
    try {
      static_cast<void>(Database(folder + "/test.db").connect());
      reports.send(0);
    } catch (const Error& error) {
      reports.send(error.kind() == ErrorKind::full ? kRightKind : 100 + error.code());
    }
  });
  const std::optional<int> outcome = child.receive();
  if (outcome == kSkipped) GTEST_SKIP() << "not allowed to mount";
  EXPECT_EQ(outcome, kRightKind);
  EXPECT_TRUE(child.join());
}

TEST_F(OpenErrorTest, AReadOnlyMountWithAWalDatabaseNamesImmutable) {
  const std::string folder = path("disk");
  std::filesystem::create_directory(folder);
  constexpr int kSkipped = 1;
  constexpr int kNamed = 2;
  testing::ChildProcess child([&folder](const testing::Reports& reports) {
    if (!mount_small_disk(folder, "size=1m")) return reports.send(kSkipped);
    { Database(folder + "/test.db").connect().execute("CREATE TABLE t(a)"); }
    if (mount("none", folder.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
      return reports.send(kSkipped);
    }
    Options options;
    options.mode = OpenMode::read_only;
    try {
      static_cast<void>(Database(folder + "/test.db", options).connect());
      reports.send(0);
    } catch (const Error& error) {
      const bool named = error.message().find("immutable=1") != std::string::npos;
      reports.send(error.kind() == ErrorKind::cannot_open && named ? kNamed : 100 + error.code());
    }
  });
  const std::optional<int> outcome = child.receive();
  if (outcome == kSkipped) GTEST_SKIP() << "not allowed to mount";
  EXPECT_EQ(outcome, kNamed);
  EXPECT_TRUE(child.join());
}

}  // namespace
}  // namespace libsql
