// Disk accesses fail and the power is cut while pages arrive: a commit is there as a whole or not,
// and the file stays whole.
#include <filesystem>
#include <optional>
#include <ostream>

#include <gmock/gmock.h>
#include <sqlite3.h>

#include "replica/database.h"
#include "replica/wal_writer.h"
#include "testing/database_test.h"
#include "testing/encryption.h"
#include "testing/failing_vfs.h"
#include "testing/power_cut_vfs.h"
#include "testing/replica.h"

namespace libsql::replica {
namespace {

using testing::FailingVfs;
using testing::PowerCutVfs;
using testing::PrimaryFrame;
using testing::query;

struct Case {
  const char* name;
  FailingVfs::Fault fault;
  Durability durability = Durability::synced;
  std::optional<Cipher> cipher = std::nullopt;

  // How GoogleTest names it.
  friend std::ostream& operator<<(std::ostream& out, const Case& shown) {
    return out << shown.name;
  }
};

class ReplicaFaultsTest : public testing::FileTest, public ::testing::WithParamInterface<Case> {
 protected:
  ReplicaFaultsTest() {
    primary_.execute("CREATE TABLE t(a, filler); INSERT INTO t VALUES (0, zeroblob(9000))");
    first_ = primary_.frames().size();
    for (int i = 1; i <= 4; ++i) {
      primary_.execute("UPDATE t SET a = " + std::to_string(i) + ", filler = randomblob(3000 * " +
                       std::to_string(i) + ")");
    }
  }
  void TearDown() override {
    FailingVfs::never();
    PowerCutVfs::forget();
  }

  [[nodiscard]] static std::optional<Encryption> encryption() {
    if (!GetParam().cipher) return std::nullopt;
    return testing::encryption(*GetParam().cipher);
  }
  // Injects the frames from `from` up to `to`. Returns the last `a` that was committed.
  int inject(WalWriter& writer, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const PrimaryFrame& frame = primary_.frames()[i];
      if (!writer.in_transaction()) writer.begin();
      writer.append(frame.page, testing::image_of(frame));
      if (frame.size_after == 0) continue;
      writer.commit(frame.size_after, GetParam().durability);
      ++committed_;
      if (committed_ % 2 == 0) writer.checkpoint_if_due({.frames = 1});
    }
    return committed_;
  }
  // What a reader finds: `a`, and that the file is whole.
  [[nodiscard]] static int look(const std::string& file, const std::string& context) {
    Options options;
    options.encryption = encryption();
    Connection db = Database(file, options).connect();
    EXPECT_EQ(query(db, "PRAGMA integrity_check"), "'ok'") << context;
    const auto a = static_cast<int>(std::get<std::int64_t>(db.query_one("SELECT a FROM t")));
    const int length = a == 0 ? 9000 : 3000 * a;
    EXPECT_EQ(query(db, "SELECT length(filler) FROM t"), std::to_string(length)) << context;
    return a;
  }

  testing::PrimaryLog primary_{path("primary.db")};
  std::size_t first_ = 0;
  int committed_ = 0;  // transactions after the first two
};

TEST_P(ReplicaFaultsTest, AFailedAccessLeavesTheCommitBefore) {
  const local::Keys start_keys(path(), encryption());
  create_placeholder(start_keys);
  {
    WalWriter writer(open_database(start_keys), Publication::direct);
    inject(writer, 0, first_);
  }
  for (int n = 0;; ++n) {
    const testing::TemporaryDirectory folder;
    const std::string file = folder.path();
    std::filesystem::copy_file(path(), file);
    committed_ = 0;
    const local::Keys keys(FailingVfs::location(file), encryption());
    FailingVfs::fail_at(n, GetParam().fault);
    try {
      WalWriter writer(open_database(keys), Publication::direct);
      inject(writer, first_, primary_.frames().size());
    } catch (const Error& error) {
      EXPECT_THAT(error.kind(),
                  ::testing::AnyOf(ErrorKind::io, ErrorKind::full, ErrorKind::cannot_open))
          << error.what();
    }
    const bool reached = FailingVfs::reached();
    FailingVfs::never();
    EXPECT_EQ(FailingVfs::open_files(), 0) << "call " << n;
    EXPECT_EQ(look(file, "call " + std::to_string(n)), committed_) << "call " << n;
    if (!reached || HasFailure()) {
      EXPECT_GT(n, 10);
      return;
    }
  }
}

TEST_P(ReplicaFaultsTest, APowerCutLeavesWholeCommits) {
  PowerCutVfs::forget();
  const local::Keys keys(PowerCutVfs::location(path()), encryption());
  create_placeholder(keys);
  WalWriter writer(open_database(keys), Publication::direct);
  committed_ = -2;
  inject(writer, 0, first_);
  writer.truncate_log();
  std::uint64_t cuts = 0;
  int lost = 0;
  PowerCutVfs::on_change([&] {
    PowerCutVfs::survivors(path(), path("survivor.db"), ++cuts);
    try {
      const int found = look(path("survivor.db"), "cut " + std::to_string(cuts));
      EXPECT_LE(found, committed_ + 1) << "cut " << cuts;
      if (found < committed_) ++lost;
    } catch (const Error& error) {
      ADD_FAILURE() << "cut " << cuts << ": " << error.what();
    }
  });
  inject(writer, first_, primary_.frames().size());
  PowerCutVfs::on_change([] {});
  EXPECT_GT(cuts, 20U);
  if (GetParam().durability == Durability::synced) {
    EXPECT_EQ(lost, 0) << "of synced commits";
  }
}

INSTANTIATE_TEST_SUITE_P(Faults, ReplicaFaultsTest,
                         ::testing::Values(Case{"IoErrors", FailingVfs::Fault::io_error},
                                           Case{"FullDisk", FailingVfs::Fault::disk_full},
                                           Case{"LockErrors", FailingVfs::Fault::lock_error},
                                           Case{"NotSynced", FailingVfs::Fault::io_error,
                                                Durability::written},
                                           Case{"Encrypted", FailingVfs::Fault::io_error,
                                                Durability::synced, Cipher::aes256cbc},
                                           Case{"EncryptedFullDisk", FailingVfs::Fault::disk_full,
                                                Durability::written, Cipher::aes256cbc}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

}  // namespace
}  // namespace libsql::replica
