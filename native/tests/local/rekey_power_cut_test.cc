// The power is cut before and after each call by which a change of key reaches the disk: the file
// that is found opens with the old key or with the new one, whole.
//
// A change of key uses more than SQLite's VFS, so the C library's functions are replaced here.
#include <dlfcn.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "libsql/database.h"
#include "testing/encryption.h"
#include "testing/query.h"
#include "testing/temporary_directory.h"

namespace {

// What a disk holds for certain, in one folder: the content of files as last synced, and the names
// as of the folder's last sync.
class Disk {
 public:
  using Files = std::map<std::string, std::string>;

  void start(const std::string& folder) {
    folder_ = folder;
    running_ = true;
    for (const auto& [name, bytes] : libsql::testing::files_of(folder_)) {
      const ino_t file = number_of(folder_ + "/" + name);
      synced_[file] = bytes;
      names_[name] = file;
    }
  }
  void stop() { *this = Disk(); }
  [[nodiscard]] bool running() const { return running_; }
  // Notes the states in which the disk could be now. They are looked at later, because SQLite holds
  // its mutexes while it makes these calls.
  void cut() {
    for (unsigned chance = 0; chance < 4; ++chance) states_.insert(survivors(chance));
  }
  [[nodiscard]] const std::set<Files>& states() const { return states_; }

  void synced(int descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) {
      names_ = names_now();
      return;
    }
    for (const auto& [name, file] : names_now()) {
      if (file != status.st_ino) continue;
      synced_[file] = libsql::testing::read_file(folder_ + "/" + name);
      // The name of a file goes with it, as with SQLite's assumptions; not what it replaces.
      names_.try_emplace(name, file);
    }
  }

  // The file has no name any more. A new one may get its number, and it keeps what it holds.
  void removed(ino_t file) {
    const ino_t kept = --spare_;
    if (const auto found = synced_.find(file); found != synced_.end()) {
      synced_[kept] = found->second;
      synced_.erase(found);
    }
    for (auto& [name, number] : names_) {
      if (number == file) number = kept;
    }
  }
  static ino_t number_of(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 ? status.st_ino : 0;
  }

  // Bit 0 of `chance`: removals and renames since the folder's sync have happened. Bit 1: so have
  // writes since a file's sync.
  [[nodiscard]] Files survivors(unsigned chance) const {
    const auto now = names_now();
    Files found;
    for (const auto& [name, file] : (chance & 1U) != 0 ? now : names_) {
      const auto synced = synced_.find(file);
      found[name] = synced == synced_.end() ? "" : synced->second;
      if ((chance & 2U) == 0) continue;
      for (const auto& [there, same] : now) {
        if (same == file) found[name] = libsql::testing::read_file(folder_ + "/" + there);
      }
    }
    return found;
  }

 private:
  [[nodiscard]] std::map<std::string, ino_t> names_now() const {
    std::map<std::string, ino_t> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      const std::string name = entry.path().filename().string();
      if (!name.ends_with("-shm")) names[name] = number_of(entry.path().string());
    }
    return names;
  }

  std::string folder_;
  bool running_ = false;
  std::set<Files> states_;
  std::map<ino_t, std::string> synced_;
  std::map<std::string, ino_t> names_;
  ino_t spare_ = std::numeric_limits<ino_t>::max();
};

Disk& disk() {
  static Disk the_disk;
  return the_disk;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// Cuts before and after; `done` notes what is on the disk for certain.
template <typename Call, typename Done>
int with_cuts(Call&& call, Done&& done) {
  if (!disk().running()) return call();
  disk().cut();
  const int result = call();
  if (result == 0) done();
  disk().cut();
  return result;
}

}  // namespace

// Visible to SQLite's library.
#define LIBC_FUNCTION extern "C" __attribute__((visibility("default")))

LIBC_FUNCTION int fsync(int descriptor) {
  return with_cuts([&] { return real<int(int)>("fsync")(descriptor); },
                   [&] { disk().synced(descriptor); });
}
LIBC_FUNCTION int fdatasync(int descriptor) {
  return with_cuts([&] { return real<int(int)>("fdatasync")(descriptor); },
                   [&] { disk().synced(descriptor); });
}
LIBC_FUNCTION int rename(const char* from, const char* to) noexcept {
  return with_cuts([&] { return real<int(const char*, const char*)>("rename")(from, to); }, [] {});
}
LIBC_FUNCTION int unlink(const char* path) noexcept {
  const ino_t file = Disk::number_of(path);
  return with_cuts([&] { return real<int(const char*)>("unlink")(path); },
                   [&] { disk().removed(file); });
}

namespace libsql {
namespace {

using testing::query;

class RekeyPowerCutTest : public ::testing::TestWithParam<const char*> {
 protected:
  void TearDown() override { disk().stop(); }

  [[nodiscard]] static Options options(int which) {
    Options made;
    made.journal_mode = GetParam();
    if (which != 0) {
      made.encryption = testing::encryption(which == 1 ? Cipher::aes256cbc : Cipher::aes256gcm);
    }
    return made;
  }
  [[nodiscard]] static std::string content(const std::string& path, int which) {
    Options found = options(which);
    found.journal_mode = "";
    Connection db = Database(path, found).connect();
    return query(db, "PRAGMA integrity_check") + query(db, "SELECT count(*), sum(a) FROM t");
  }

  // Changes the key of the file in this test's folder, and opens every state of the disk meanwhile.
  void rekey(int from, int to) {
    const std::string path = directory_.path("test.db");
    disk().start(std::filesystem::path(path).parent_path().string());
    KeyChoice key = NoKey{};
    if (to != 0) key = *options(to).encryption;
    Database(path, options(from)).rekey(key);
    disk().cut();
    const std::set<Disk::Files> states = disk().states();
    disk().stop();
    for (const Disk::Files& files : states) look(files, from, to);
    EXPECT_EQ(content(path, to), "'ok'300|45150");
  }

  void look(const Disk::Files& files, int from, int to) {
    ++states_;
    const testing::TemporaryDirectory survivors;
    for (const auto& [name, bytes] : files) testing::write_file(survivors.path(name), bytes);
    int opened = 0;
    for (const int which : {from, to}) {
      try {
        EXPECT_EQ(content(survivors.path("test.db"), which), "'ok'300|45150")
            << "state " << states_;
        ++(which == from ? old_ : new_);
        ++opened;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_a_database) << error.what();
      }
    }
    EXPECT_EQ(opened, 1) << "state " << states_ << ", " << from << " to " << to;
  }

  testing::TemporaryDirectory directory_;
  int states_ = 0;
  int old_ = 0;
  int new_ = 0;
};

TEST_P(RekeyPowerCutTest, EveryStateOfTheDiskIsAWholeFileOfEitherKey) {
  const std::string path = directory_.path("test.db");
  for (int from = 0; from < 3; ++from) {
    for (int to = 0; to < 3; ++to) {
      if (from == to) continue;
      std::filesystem::remove(path);
      {
        Connection db = Database(path, options(from)).connect();
        db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
        db.execute(
            "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300) "
            "INSERT INTO t SELECT n, zeroblob(500) FROM s");
      }
      rekey(from, to);
    }
  }
  EXPECT_GE(old_, 12);
  EXPECT_GE(new_, 6);
}

// A process that died has left its log, which the change of key moves into the file and removes.
TEST_P(RekeyPowerCutTest, NoLogOrJournalOfTheOldKeyComesBack) {
  const testing::TemporaryDirectory other;
  {
    Connection db = Database(other.path("test.db"), options(1)).connect();
    db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
    db.execute(
        "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 300) "
        "INSERT INTO t SELECT n, zeroblob(500) FROM s");
    for (const auto& [name, bytes] : testing::files_of(other.path(""))) {
      testing::write_file(directory_.path(name), bytes);
    }
  }
  rekey(1, 2);
}

INSTANTIATE_TEST_SUITE_P(Modes, RekeyPowerCutTest,
                         ::testing::Values("wal", "delete", "truncate", "persist"));

}  // namespace
}  // namespace libsql
