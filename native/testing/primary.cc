#include "testing/primary.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "core/big_endian.h"
#include "replica/wal_format.h"
#include "testing/encryption.h"

namespace libsql::testing {
namespace {

constexpr std::uint32_t kLongLog = 2000;

Options options() {
  Options made;
  made.wal_auto_checkpoint = 0;
  made.pragmas = {{"page_size", "4096"}};
  return made;
}

}  // namespace

std::string pages_of(sqlite3* db) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  file->pMethods->xFileSize(file, &size);
  std::string pages(static_cast<std::size_t>(size), '\0');
  for (std::size_t at = 0; at < pages.size(); at += replica::kPageSize) {
    file->pMethods->xRead(file, pages.data() + at, replica::kPageSize,
                          static_cast<sqlite3_int64>(at));
  }
  return pages;
}

Primary::Primary(const std::string& path) : path_(path), db_(Database(path, options()).connect()) {}

std::vector<PrimaryFrame> Primary::take() {
  std::vector<PrimaryFrame> frames;
  std::ifstream log(path_ + "-wal", std::ios::binary);
  std::string bytes(replica::kFrameBytes, '\0');
  log.seekg(replica::frame_offset(taken_ + 1));
  while (log.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    replica::FrameHeader header{};
    std::copy_n(bytes.begin(), header.size(), header.begin());
    const replica::FrameInfo info = replica::read_frame_header(header);
    frames.push_back({info.page, info.size_after, bytes.substr(header.size())});
    ++taken_;
  }
  if (!frames.empty() && frames.back().size_after == 0) throw std::logic_error("half a commit");
  if (taken_ > kLongLog) {
    db_.checkpoint(CheckpointMode::truncate);
    taken_ = 0;
  }
  return frames;
}

std::string Primary::file() {
  db_.checkpoint(CheckpointMode::truncate);
  taken_ = 0;
  return read_file(path_);
}

}  // namespace libsql::testing
