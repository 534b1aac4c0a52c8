#include "testing/read_calls.h"

#include <unistd.h>

#include <array>
#include <utility>

#include <sqlite3.h>

namespace libsql::testing {
namespace {

int calls = 0;

ssize_t counted_read(int file, void* to, size_t size) {
  ++calls;
  return ::read(file, to, size);
}
ssize_t counted_pread(int file, void* to, size_t size, off_t at) {
  ++calls;
  return ::pread(file, to, size, at);
}

// The function depends on how SQLite was built; the others are there as null pointers.
struct Replacement {
  const char* name;
  sqlite3_syscall_ptr function;
};
const std::array<Replacement, 3>& replacements() {
  static const std::array<Replacement, 3> kAll = {{
      {"read", reinterpret_cast<sqlite3_syscall_ptr>(&counted_read)},
      {"pread", reinterpret_cast<sqlite3_syscall_ptr>(&counted_pread)},
      {"pread64", reinterpret_cast<sqlite3_syscall_ptr>(&counted_pread)},
  }};
  return kAll;
}

}  // namespace

ReadCalls::ReadCalls() {
  sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  for (const auto& [name, function] : replacements()) {
    if (vfs->xGetSystemCall(vfs, name) != nullptr) vfs->xSetSystemCall(vfs, name, function);
  }
  calls = 0;
}

ReadCalls::~ReadCalls() {
  sqlite3_vfs* const vfs = sqlite3_vfs_find("unix");
  for (const auto& [name, function] : replacements()) {
    if (vfs->xGetSystemCall(vfs, name) != nullptr) vfs->xSetSystemCall(vfs, name, nullptr);
  }
}

int ReadCalls::take() { return std::exchange(calls, 0); }

}  // namespace libsql::testing
