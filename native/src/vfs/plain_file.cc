#include "vfs/plain_file.h"

namespace libsql::vfs {

namespace {

// The smallest page: what lies before it is in page 1, whatever the page size is.
constexpr sqlite3_int64 kMinPageSize = 512;

}  // namespace

int PlainFile::read(Bytes to, sqlite3_int64 at) {
  if (at >= kMinPageSize) return ahead_.read(real(), to, at);
  // SQLite reads page 1 to learn whether the file has changed, also without any lock.
  ahead_.forget();
  return real().read(to, at);
}

int PlainFile::write(ConstBytes from, sqlite3_int64 at) {
  ahead_.forget();
  return real().write(from, at);
}

int PlainFile::truncate(sqlite3_int64 size) {
  ahead_.forget();
  return ShimFile::truncate(size);
}

int PlainFile::control(int op, void* argument) {
  ahead_.forget();
  return ShimFile::control(op, argument);
}

}  // namespace libsql::vfs
