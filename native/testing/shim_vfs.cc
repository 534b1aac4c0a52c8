// Source: sqlite.org/c3ref/vfs.html, sqlite.org/c3ref/io_methods.html
#include "testing/shim_vfs.h"

#include <cstddef>
#include <list>
#include <memory>

#include <sqlite3.h>

namespace libsql::testing {
namespace {

using Op = VfsCall::Op;

struct Shim {
  VfsHook* hook;
  sqlite3_vfs* real;
  sqlite3_vfs vfs;
  int open_files = 0;
};

// SQLite allocates szOsFile bytes: this struct, and the real file behind it.
struct File {
  sqlite3_file base;
  Shim* shim;
  const char* path;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* self(sqlite3_file* file) { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) { return self(file)->real(); }
Shim& shim_of(sqlite3_vfs* vfs) { return *static_cast<Shim*>(vfs->pAppData); }
std::string_view path_text(const char* path) { return path == nullptr ? "" : path; }

// Calls the hook's before(), the real function, and the hook's after().
template <typename Call>
int pass(Shim& shim, const VfsCall& call, Call&& make) {
  const int refused = shim.hook->before(call);
  if (refused != SQLITE_OK) return refused;
  const int rc = make();
  if (rc == SQLITE_OK) shim.hook->after(call);
  return rc;
}

template <typename Call>
int pass(sqlite3_file* file, VfsCall call, Call&& make) {
  call.path = path_text(self(file)->path);
  return pass(*self(file)->shim, call, make);
}

int close_file(sqlite3_file* file) {
  --self(file)->shim->open_files;
  return real(file)->pMethods->xClose(real(file));
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return pass(file, {.op = Op::read, .path = {}, .offset = offset},
              [&] { return real(file)->pMethods->xRead(real(file), to, size, offset); });
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
  return pass(file, {.op = Op::write, .path = {}, .offset = offset, .bytes = bytes, .grows = true},
              [&] { return real(file)->pMethods->xWrite(real(file), from, size, offset); });
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  return pass(file, {.op = Op::truncate, .path = {}, .offset = size},
              [&] { return real(file)->pMethods->xTruncate(real(file), size); });
}
int sync_file(sqlite3_file* file, int flags) {
  return pass(file, {.op = Op::sync, .path = {}},
              [&] { return real(file)->pMethods->xSync(real(file), flags); });
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return pass(file, {.op = Op::size, .path = {}},
              [&] { return real(file)->pMethods->xFileSize(real(file), size); });
}
int lock_file(sqlite3_file* file, int level) {
  return pass(file, {.op = Op::lock, .path = {}},
              [&] { return real(file)->pMethods->xLock(real(file), level); });
}
int unlock_file(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) {
  return pass(file, {.op = Op::lock, .path = {}},
              [&] { return real(file)->pMethods->xCheckReservedLock(real(file), result); });
}
int file_control(sqlite3_file* file, int op, void* argument) {
  return real(file)->pMethods->xFileControl(real(file), op, argument);
}
int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int device_characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  return pass(file, {.op = Op::shm_map, .path = {}, .grows = extend != 0}, [&] {
    return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
  });
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  const auto lock = [&] {
    return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
  };
  if ((flags & SQLITE_SHM_UNLOCK) != 0) return lock();
  return pass(file, {.op = Op::shm_lock, .path = {}}, lock);
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

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  Shim& shim = shim_of(vfs);
  File* const made = std::construct_at(self(file), File{{}, &shim, name});
  return pass(shim, {.op = Op::open, .path = path_text(name)}, [&] {
    const int rc = shim.real->xOpen(shim.real, name, made->real(), flags, out_flags);
    if (rc == SQLITE_OK) {
      made->base.pMethods = &kMethods;
      ++shim.open_files;
    }
    return rc;
  });
}
int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  Shim& shim = shim_of(vfs);
  return pass(shim, {.op = Op::remove, .path = path_text(name), .sync_folder = sync_folder != 0},
              [&] { return shim.real->xDelete(shim.real, name, sync_folder); });
}
int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
  Shim& shim = shim_of(vfs);
  return pass(shim, {.op = Op::access, .path = path_text(name)},
              [&] { return shim.real->xAccess(shim.real, name, flags, result); });
}

}  // namespace

ShimVfs::ShimVfs(const char* name, VfsHook& hook) : name_(name) {
  static std::list<Shim> shims;  // SQLite keeps pointers to them.
  sqlite3_vfs* const real = sqlite3_vfs_find(nullptr);
  // Time, randomness, full names and shared objects are the real one's.
  Shim& shim = shims.emplace_back(Shim{&hook, real, *real});
  shim.vfs.zName = name;
  shim.vfs.pAppData = &shim;
  shim.vfs.szOsFile = static_cast<int>(sizeof(File)) + real->szOsFile;
  shim.vfs.xOpen = open_file;
  shim.vfs.xDelete = delete_file;
  shim.vfs.xAccess = access_file;
  constexpr int kNotDefault = 0;
  sqlite3_vfs_register(&shim.vfs, kNotDefault);
}

std::string ShimVfs::location(const std::string& path) const {
  return "file:" + path + "?vfs=" + name_;
}

int ShimVfs::open_files() const { return shim_of(sqlite3_vfs_find(name_)).open_files; }

}  // namespace libsql::testing
