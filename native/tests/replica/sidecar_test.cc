// The two files next to a replica.
#include "replica/sidecar.h"

#include <unistd.h>

#include <gmock/gmock.h>

#include "testing/child_process.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/matchers.h"

namespace libsql::replica {
namespace {

using std::chrono::milliseconds;
using testing::throws_error;

class SidecarTest : public testing::FileTest {
 protected:
  static Sidecar example() {
    Sidecar sidecar;
    sidecar.primary = "https://db.example.org";
    sidecar.position = {Protocol::updates, "", 7, "{\"a revision\"}"};
    sidecar.pages = 12;
    sidecar.dirty = true;
    sidecar.file = {5, 6, 0};
    sidecar.log = {{1, 0, 255, 10, 32, 6, 7, 8}, 9, {10, 11}};
    return sidecar;
  }
  static LiveRecord live(std::uint64_t serial) {
    LiveRecord record;
    record.serial = serial;
    record.position.frame = 99;
    record.pages = 3;
    record.log.frames = 4;
    return record;
  }
};

TEST_F(SidecarTest, IsReadAsItWasWritten) {
  Sidecar written = example();
  store_sidecar(path(), &written);
  const auto read = load_sidecar(path());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->primary, written.primary);
  EXPECT_EQ(read->position, written.position);
  EXPECT_EQ(read->pages, 12U);
  EXPECT_TRUE(read->dirty);
  EXPECT_TRUE(read->file.same_file(written.file));
  EXPECT_EQ(read->log, written.log);
  EXPECT_EQ(read->serial, written.serial);
}

TEST_F(SidecarTest, EachHasASerialOfItsOwn) {
  Sidecar sidecar = example();
  store_sidecar(path(), &sidecar);
  const std::uint64_t first = sidecar.serial;
  store_sidecar(path(), &sidecar);
  EXPECT_NE(sidecar.serial, first);
}

TEST_F(SidecarTest, OneThatIsNotThereIsNothing) { EXPECT_FALSE(load_sidecar(path()).has_value()); }

TEST_F(SidecarTest, ADamagedOneIsAnErrorThatSaysWhatToDo) {
  testing::write_file(path() + "-replica", "libsql-replica 1\nprimary \"x\"\n");
  EXPECT_THAT([&] { return load_sidecar(path()); },
              throws_error(ErrorKind::corrupt, "to replicate anew, delete it and " + path()));
}

TEST_F(SidecarTest, ALaterVersionIsNamed) {
  testing::write_file(path() + "-replica", "libsql-replica 2\n");
  EXPECT_THAT(
      [&] { return load_sidecar(path()); },
      throws_error(ErrorKind::unsupported, "is of version 2, this library knows version 1"));
}

TEST_F(SidecarTest, OnlyOneHasTheLock) {
  const auto lock = ReplicaLock::acquire(path(), milliseconds(0));
  ASSERT_NE(lock, nullptr);
  EXPECT_EQ(ReplicaLock::acquire(path(), milliseconds(20)), nullptr);
}

TEST_F(SidecarTest, TheLockOfADeadProcessIsFree) {
  testing::ChildProcess child([this](const testing::Reports& reports) {
    const auto lock = ReplicaLock::acquire(path(), milliseconds(0));
    reports.send(lock != nullptr ? 1 : 0);
    for (;;) pause();
  });
  EXPECT_EQ(child.receive(), 1);
  EXPECT_EQ(ReplicaLock::acquire(path(), milliseconds(0)), nullptr);
  child.kill();
  EXPECT_NE(ReplicaLock::acquire(path(), milliseconds(0)), nullptr);
}

TEST_F(SidecarTest, TheLiveRecordCountsForItsSidecar) {
  const auto lock = ReplicaLock::acquire(path(), milliseconds(0));
  EXPECT_FALSE(lock->load(1).has_value());
  lock->store(live(1));
  EXPECT_FALSE(lock->load(2).has_value()) << "another sidecar's";
  const auto read = lock->load(1);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->position.frame, 99U);
  EXPECT_EQ(read->pages, 3U);
  EXPECT_EQ(read->log.frames, 4U);
  EXPECT_FALSE(read->pending);
}

TEST_F(SidecarTest, TheLiveRecordOfAnotherStartOfTheMachineDoesNotCount) {
  ReplicaLock::acquire(path(), milliseconds(0))->store(live(1));
  std::string bytes = testing::read_file(path() + "-replica.lock");
  const std::string boot = boot_id();
  ASSERT_FALSE(boot.empty());
  // Written by a machine with another boot id, checksum included.
  const auto lock = ReplicaLock::acquire(path(), milliseconds(0));
  EXPECT_TRUE(lock->load(1).has_value());
  bytes[bytes.find(boot)] ^= 1;
  testing::write_file(path() + "-replica.lock", bytes);
  EXPECT_FALSE(lock->load(1).has_value());
}

}  // namespace
}  // namespace libsql::replica
