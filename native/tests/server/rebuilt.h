// Databases put together from what a primary sends, as replicas do.
#ifndef LIBSQL_TESTS_SERVER_REBUILT_H_
#define LIBSQL_TESTS_SERVER_REBUILT_H_

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "local/sqlite.h"
#include "server/replication/log_view.h"
#include "testing/primary.h"

namespace libsql::testing {

// The pages of a database, as transactions change them.
class Rebuilt {
 public:
  void put(std::uint32_t page, std::string_view image) { changed_[page] = image; }
  void put(std::uint32_t page, server::replication::ConstBytes image) {
    put(page, {reinterpret_cast<const char*>(image.data()), image.size()});
  }
  // Ends a transaction that leaves so many pages.
  void commit(std::uint32_t pages) {
    constexpr std::size_t kPage = server::replication::kPageSize;
    file_.resize(pages * kPage);
    for (const auto& [page, image] : changed_) {
      if (page <= pages) file_.replace((page - 1) * kPage, kPage, image);
    }
    changed_.clear();
  }
  // Whether a transaction has begun and not ended.
  [[nodiscard]] bool open() const { return !changed_.empty(); }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  std::map<std::uint32_t, std::string> changed_;
  std::string file_;
};

// Frames that follow each other: the snapshot, then the log, transaction by transaction.
inline std::string rebuilt(const server::replication::LogView& view) {
  using server::replication::kFrameBytes;
  using server::replication::kFrameHeadBytes;
  Rebuilt database;
  std::vector<unsigned char> frame(kFrameBytes);
  const auto put = [&] {
    const auto head = server::replication::read_frame_head(frame.data());
    database.put(head.page, server::replication::ConstBytes(frame).subspan(kFrameHeadBytes));
    return head;
  };
  for (std::uint64_t index = 0; index < view.snapshot_frames; ++index) {
    view.snapshot->read(index, frame);
    if (index == 0 && put().number + 1 != view.first) throw std::logic_error("a gap");
    put();
  }
  database.commit(view.snapshot_pages);
  for (std::uint64_t number = view.first; number < view.end; ++number) {
    view.log->read(number - view.first, frame);
    const auto head = put();
    if (head.number != number) throw std::logic_error("frames out of order");
    if (head.size_after != 0) database.commit(head.size_after);
  }
  if (database.open()) throw std::logic_error("the log ends inside a transaction");
  return database.file();
}

// Where two databases differ first; empty if they do not.
inline std::string difference(std::string_view one, std::string_view other) {
  constexpr std::size_t kPage = server::replication::kPageSize;
  if (one == other) return {};
  std::size_t at = 0;
  while (at < one.size() && at < other.size() && one[at] == other[at]) ++at;
  return std::to_string(one.size() / kPage) + " and " + std::to_string(other.size() / kPage) +
         " pages; page " + std::to_string(at / kPage + 1) + " differs at byte " +
         std::to_string(at % kPage);
}

// The bytes of a database's file, after its log was moved into it.
inline std::string bytes_of_file(const std::string& path) {
  const local::DbHandle db = local::open_file(path, SQLITE_OPEN_READWRITE);
  local::run_for_text(db.get(), "PRAGMA schema_version");
  int frames = 0;
  int moved = 0;
  sqlite3_wal_checkpoint_v2(db.get(), "main", SQLITE_CHECKPOINT_PASSIVE, &frames, &moved);
  if (moved != frames) throw std::logic_error("the checkpoint was kept from its work");
  return pages_of(db.get());
}

}  // namespace libsql::testing

#endif  // LIBSQL_TESTS_SERVER_REBUILT_H_
