// A VFS shim over the default VFS. Source: sqlite.org/c3ref/vfs.html,
// sqlite.org/c3ref/io_methods.html
#include "testing/failing_vfs.h"

#include <cstddef>
#include <memory>

#include <sqlite3.h>

namespace libsql::testing {
namespace {

constexpr const char* kName = "failing";

struct State {
  sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
  int countdown = -1;  // calls until the failure; -1: none comes
  bool reached = false;
  FailingVfs::Fault fault = FailingVfs::Fault::io_error;
  int open_files = 0;
};

State& state() {
  static State the_state;
  return the_state;
}

// Counts a call; what it must answer if it is the one that fails.
int next_call(int io_error, bool grows_the_file = false) {
  State& now = state();
  if (now.countdown < 0) return SQLITE_OK;
  if (now.fault == FailingVfs::Fault::disk_full && !grows_the_file) return SQLITE_OK;
  if (now.countdown-- > 0) return SQLITE_OK;
  now.reached = true;
  return now.fault == FailingVfs::Fault::disk_full ? SQLITE_FULL : io_error;
}

// SQLite hands out memory of szOsFile bytes; the real file lies behind our head.
struct File {
  sqlite3_file base;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real(); }

int close_file(sqlite3_file* file) {
  --state().open_files;
  const int rc = real(file)->pMethods->xClose(real(file));
  return rc;
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  const int rc = next_call(SQLITE_IOERR_READ);
  return rc != SQLITE_OK ? rc : real(file)->pMethods->xRead(real(file), to, size, offset);
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const int rc = next_call(SQLITE_IOERR_WRITE, true);
  return rc != SQLITE_OK ? rc : real(file)->pMethods->xWrite(real(file), from, size, offset);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int rc = next_call(SQLITE_IOERR_TRUNCATE);
  return rc != SQLITE_OK ? rc : real(file)->pMethods->xTruncate(real(file), size);
}
int sync_file(sqlite3_file* file, int flags) {
  const int rc = next_call(SQLITE_IOERR_FSYNC);
  return rc != SQLITE_OK ? rc : real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  const int rc = next_call(SQLITE_IOERR_FSTAT);
  return rc != SQLITE_OK ? rc : real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int op, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), op, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int device_characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  const int rc = next_call(SQLITE_IOERR_SHMMAP, extend != 0);
  return rc != SQLITE_OK ? rc
                         : real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Version 2: no memory-mapped reads, so that every read is a call.
constexpr sqlite3_io_methods kMethods = {2,
                                         close_file,
                                         read_file,
                                         write_file,
                                         truncate_file,
                                         sync_file,
                                         file_size,
                                         lock_file,
                                         unlock_file,
                                         check_reserved_lock,
                                         file_control,
                                         sector_size,
                                         device_characteristics,
                                         shm_map,
                                         shm_lock,
                                         shm_barrier,
                                         shm_unmap,
                                         nullptr,
                                         nullptr};

int open_file(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags,
              int* out_flags) {
  File* const made = std::construct_at(self(file));
  int rc = next_call(SQLITE_CANTOPEN);
  if (rc == SQLITE_OK) rc = state().real->xOpen(state().real, name, made->real(), flags, out_flags);
  if (rc == SQLITE_OK) {
    made->base.pMethods = &kMethods;
    ++state().open_files;
  }
  return rc;
}
int delete_file(sqlite3_vfs* /*vfs*/, const char* name, int sync_directory) {
  const int rc = next_call(SQLITE_IOERR_DELETE);
  return rc != SQLITE_OK ? rc : state().real->xDelete(state().real, name, sync_directory);
}
int access_file(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* result) {
  const int rc = next_call(SQLITE_IOERR_ACCESS);
  return rc != SQLITE_OK ? rc : state().real->xAccess(state().real, name, flags, result);
}

sqlite3_vfs* register_vfs() {
  static sqlite3_vfs vfs;
  vfs = *state().real;  // Time, randomness, full names and shared objects are the real one's.
  vfs.zName = kName;
  vfs.szOsFile = static_cast<int>(sizeof(File)) + state().real->szOsFile;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  constexpr int kNotDefault = 0;
  sqlite3_vfs_register(&vfs, kNotDefault);
  return &vfs;
}

}  // namespace

std::string FailingVfs::location(const std::string& path) {
  static const sqlite3_vfs* const kVfs = register_vfs();
  return "file:" + path + "?vfs=" + kVfs->zName;
}

void FailingVfs::fail_at(int n, Fault fault) {
  state().countdown = n;
  state().reached = false;
  state().fault = fault;
}

void FailingVfs::never() { state().countdown = -1; }
bool FailingVfs::reached() { return state().reached; }
int FailingVfs::open_files() { return state().open_files; }

}  // namespace libsql::testing
