#include "vfs/shim_file.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace libsql::vfs {

namespace {

// SQLite hands out memory of szOsFile bytes; the real file lies behind our head.
struct File {
  sqlite3_file base;
  std::unique_ptr<ShimFile> shim;
  std::shared_ptr<const void> owner;
  sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* self(sqlite3_file* file) noexcept { return reinterpret_cast<File*>(file); }
sqlite3_file* real(sqlite3_file* file) noexcept { return self(file)->real(); }
ShimFile& shim(sqlite3_file* file) noexcept { return *self(file)->shim; }

int close_file(sqlite3_file* file) noexcept {
  const int rc = real(file)->pMethods->xClose(real(file));
  std::destroy_at(self(file));
  return rc;
}
int read_file(sqlite3_file* file, void* to, int size, sqlite3_int64 at) noexcept {
  return code_of(SQLITE_IOERR_READ, [&] {
    return shim(file).read({static_cast<unsigned char*>(to), static_cast<std::size_t>(size)}, at);
  });
}
int write_file(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) noexcept {
  return code_of(SQLITE_IOERR_WRITE, [&] {
    return shim(file).write(
        {static_cast<const unsigned char*>(from), static_cast<std::size_t>(size)}, at);
  });
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) noexcept {
  return shim(file).truncate(size);
}
int sync_file(sqlite3_file* file, int flags) noexcept {
  return real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
  return real(file)->pMethods->xFileSize(real(file), size);
}
int lock_file(sqlite3_file* file, int level) noexcept {
  shim(file).lock_changes();
  return real(file)->pMethods->xLock(real(file), level);
}
int unlock_file(sqlite3_file* file, int level) noexcept {
  shim(file).lock_changes();
  return real(file)->pMethods->xUnlock(real(file), level);
}
int check_reserved_lock(sqlite3_file* file, int* result) noexcept {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int file_control(sqlite3_file* file, int op, void* argument) noexcept {
  return code_of(SQLITE_ERROR, [&] { return shim(file).control(op, argument); });
}
int sector_size(sqlite3_file* file) noexcept {
  return real(file)->pMethods->xSectorSize(real(file));
}
int device_characteristics(sqlite3_file* file) noexcept { return shim(file).characteristics(); }
int shm_map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) noexcept {
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}
int shm_lock(sqlite3_file* file, int offset, int count, int flags) noexcept {
  shim(file).lock_changes();
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}
void shm_barrier(sqlite3_file* file) noexcept { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) noexcept {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}
int fetch(sqlite3_file* file, sqlite3_int64 at, int size, void** memory) noexcept {
  return real(file)->pMethods->xFetch(real(file), at, size, memory);
}
int unfetch(sqlite3_file* file, sqlite3_int64 at, void* memory) noexcept {
  return real(file)->pMethods->xUnfetch(real(file), at, memory);
}

// SQLite uses shared memory from version 2 on, and maps files from version 3 on.
constexpr int kSharedMemory = 2;
constexpr int kMapped = 3;

constexpr sqlite3_io_methods methods(int version) {
  return {version,
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
          version >= kMapped ? fetch : nullptr,
          version >= kMapped ? unfetch : nullptr};
}
constexpr std::array<sqlite3_io_methods, kMapped> kMethods = {methods(1), methods(kSharedMemory),
                                                              methods(kMapped)};

const sqlite3_io_methods* methods_of(const ShimFile& shim) noexcept {
  const int version =
      std::min(shim.real().methods()->iVersion, shim.may_be_mapped() ? kMapped : kSharedMemory);
  return &kMethods.at(static_cast<std::size_t>(version) - 1);
}

}  // namespace

int bytes_over(const sqlite3_vfs& below) noexcept {
  return static_cast<int>(sizeof(File)) + below.szOsFile;
}

ShimFile* shim_of(sqlite3_file* file) noexcept {
  const bool ours =
      file != nullptr && file->pMethods != nullptr && file->pMethods->xClose == close_file;
  return ours ? &shim(file) : nullptr;
}

NewShimFile::NewShimFile(sqlite3_file* memory, std::shared_ptr<const void> owner) noexcept
    : file_(memory) {
  std::construct_at(self(memory), File{{}, nullptr, std::move(owner)});
}

NewShimFile::~NewShimFile() {
  if (file_ == nullptr) return;
  if (open_) real().methods()->xClose(real().get());
  std::destroy_at(self(file_));
}

RealFile NewShimFile::real() const noexcept { return RealFile(vfs::real(file_)); }

int NewShimFile::open(sqlite3_vfs* below, const char* name, int flags, int* out_flags) {
  const int rc = below->xOpen(below, name, real().get(), flags, out_flags);
  open_ = rc == SQLITE_OK;
  return rc;
}

void NewShimFile::keep(std::unique_ptr<ShimFile> shim) noexcept {
  file_->pMethods = methods_of(*shim);
  self(file_)->shim = std::move(shim);
  file_ = nullptr;
}

}  // namespace libsql::vfs
