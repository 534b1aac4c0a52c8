#include "core/result_code.h"

namespace libsql::core {

namespace {

// The primary codes. Source: sqlite.org/rescode.html
// NOLINTBEGIN(readability-identifier-naming): constants
enum Code : int {
  kPerm = 3,
  kBusy = 5,
  kLocked = 6,
  kNoMem = 7,
  kReadOnly = 8,
  kInterrupt = 9,
  kIoErr = 10,
  kCorrupt = 11,
  kFull = 13,
  kCantOpen = 14,
  kProtocol = 15,
  kTooBig = 18,
  kConstraint = 19,
  kMisuse = 21,
  kAuth = 23,
  kRange = 25,
  kNotADb = 26,
};
// NOLINTEND(readability-identifier-naming)

}  // namespace

ErrorKind kind_of_code(int extended_code) noexcept {
  switch (extended_code & 0xff) {
    case kBusy:
    case kProtocol:
      return ErrorKind::busy;
    case kLocked:
      return ErrorKind::locked;
    case kConstraint:
      return ErrorKind::constraint;
    case kReadOnly:
      return ErrorKind::read_only;
    case kAuth:
      return ErrorKind::denied;
    case kInterrupt:
      return ErrorKind::interrupted;
    case kPerm:
    case kCantOpen:
      return ErrorKind::cannot_open;
    case kNotADb:
      return ErrorKind::not_a_database;
    case kCorrupt:
      return ErrorKind::corrupt;
    case kFull:
      return ErrorKind::full;
    case kIoErr:
      return ErrorKind::io;
    case kTooBig:
      return ErrorKind::too_big;
    case kNoMem:
      return ErrorKind::out_of_memory;
    case kRange:
      return ErrorKind::invalid_argument;
    case kMisuse:
      return ErrorKind::misuse;
    default:
      return ErrorKind::error;
  }
}

}  // namespace libsql::core
