#include "testing/failing_vfs.h"

#include <sqlite3.h>

#include "testing/shim_vfs.h"

namespace libsql::testing {
namespace {

using Fault = FailingVfs::Fault;
using Op = VfsCall::Op;

bool is_lock(Op op) { return op == Op::lock || op == Op::shm_lock; }

bool counts(const VfsCall& call, Fault fault) {
  switch (fault) {
    case Fault::io_error:
      return !is_lock(call.op);
    case Fault::disk_full:
      return call.grows;
    case Fault::lock_error:
      return is_lock(call.op);
  }
  return false;
}

int error_code(Op op) {
  switch (op) {
    case Op::open:
      return SQLITE_CANTOPEN;
    case Op::read:
      return SQLITE_IOERR_READ;
    case Op::write:
      return SQLITE_IOERR_WRITE;
    case Op::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case Op::sync:
      return SQLITE_IOERR_FSYNC;
    case Op::size:
      return SQLITE_IOERR_FSTAT;
    case Op::remove:
      return SQLITE_IOERR_DELETE;
    case Op::access:
      return SQLITE_IOERR_ACCESS;
    case Op::lock:
      return SQLITE_IOERR_LOCK;
    case Op::shm_map:
      return SQLITE_IOERR_SHMMAP;
    case Op::shm_lock:
      return SQLITE_IOERR_SHMLOCK;
  }
  return SQLITE_IOERR;
}

class Failures final : public VfsHook {
 public:
  int before(const VfsCall& call) override {
    if (countdown < 0 || !counts(call, fault) || countdown-- > 0) return SQLITE_OK;
    reached = true;
    return fault == Fault::disk_full ? SQLITE_FULL : error_code(call.op);
  }
  void after(const VfsCall& /*call*/) override {}

  int countdown = -1;  // calls until the failure; -1: none comes
  bool reached = false;
  Fault fault = Fault::io_error;
};

Failures& failures() {
  static Failures the_failures;
  return the_failures;
}

const ShimVfs& shim() {
  static const ShimVfs kShim("failing", failures());
  return kShim;
}

}  // namespace

std::string FailingVfs::location(const std::string& path) { return shim().location(path); }

void FailingVfs::fail_at(int n, Fault fault) {
  failures().countdown = n;
  failures().reached = false;
  failures().fault = fault;
}

void FailingVfs::never() { failures().countdown = -1; }
bool FailingVfs::reached() { return failures().reached; }
int FailingVfs::open_files() { return shim().open_files(); }

}  // namespace libsql::testing
