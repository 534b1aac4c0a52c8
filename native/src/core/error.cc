// The error value and the names of its kinds and codes.
#include "libsql/error.h"

#include <algorithm>
#include <array>
#include <utility>

namespace libsql {
namespace {

struct CodeName {
  int code;
  std::string_view name;
};

// Sorted by code. Source: sqlite.org/rescode.html
constexpr auto kCodeNames = std::to_array<CodeName>({
    {0, "ok"},
    {1, "error"},
    {2, "internal"},
    {3, "perm"},
    {4, "abort"},
    {5, "busy"},
    {6, "locked"},
    {7, "nomem"},
    {8, "readonly"},
    {9, "interrupt"},
    {10, "ioerr"},
    {11, "corrupt"},
    {12, "notfound"},
    {13, "full"},
    {14, "cantopen"},
    {15, "protocol"},
    {16, "empty"},
    {17, "schema"},
    {18, "toobig"},
    {19, "constraint"},
    {20, "mismatch"},
    {21, "misuse"},
    {22, "nolfs"},
    {23, "auth"},
    {24, "format"},
    {25, "range"},
    {26, "notadb"},
    {27, "notice"},
    {28, "warning"},
    {100, "row"},
    {101, "done"},
    {256, "ok_load_permanently"},
    {257, "error_missing_collseq"},
    {261, "busy_recovery"},
    {262, "locked_sharedcache"},
    {264, "readonly_recovery"},
    {266, "ioerr_read"},
    {267, "corrupt_vtab"},
    {270, "cantopen_notempdir"},
    {275, "constraint_check"},
    {279, "auth_user"},
    {283, "notice_recover_wal"},
    {284, "warning_autoindex"},
    {512, "ok_symlink"},
    {513, "error_retry"},
    {516, "abort_rollback"},
    {517, "busy_snapshot"},
    {518, "locked_vtab"},
    {520, "readonly_cantlock"},
    {522, "ioerr_short_read"},
    {523, "corrupt_sequence"},
    {526, "cantopen_isdir"},
    {531, "constraint_commithook"},
    {539, "notice_recover_rollback"},
    {769, "error_snapshot"},
    {773, "busy_timeout"},
    {776, "readonly_rollback"},
    {778, "ioerr_write"},
    {779, "corrupt_index"},
    {782, "cantopen_fullpath"},
    {787, "constraint_foreignkey"},
    {795, "notice_rbu"},
    {1032, "readonly_dbmoved"},
    {1034, "ioerr_fsync"},
    {1038, "cantopen_convpath"},
    {1043, "constraint_function"},
    {1288, "readonly_cantinit"},
    {1290, "ioerr_dir_fsync"},
    {1294, "cantopen_dirtywal"},
    {1299, "constraint_notnull"},
    {1544, "readonly_directory"},
    {1546, "ioerr_truncate"},
    {1550, "cantopen_symlink"},
    {1555, "constraint_primarykey"},
    {1802, "ioerr_fstat"},
    {1811, "constraint_trigger"},
    {2058, "ioerr_unlock"},
    {2067, "constraint_unique"},
    {2314, "ioerr_rdlock"},
    {2323, "constraint_vtab"},
    {2570, "ioerr_delete"},
    {2579, "constraint_rowid"},
    {2826, "ioerr_blocked"},
    {2835, "constraint_pinned"},
    {3082, "ioerr_nomem"},
    {3091, "constraint_datatype"},
    {3338, "ioerr_access"},
    {3594, "ioerr_checkreservedlock"},
    {3850, "ioerr_lock"},
    {4106, "ioerr_close"},
    {4362, "ioerr_dir_close"},
    {4618, "ioerr_shmopen"},
    {4874, "ioerr_shmsize"},
    {5130, "ioerr_shmlock"},
    {5386, "ioerr_shmmap"},
    {5642, "ioerr_seek"},
    {5898, "ioerr_delete_noent"},
    {6154, "ioerr_mmap"},
    {6410, "ioerr_gettemppath"},
    {6666, "ioerr_convpath"},
    {6922, "ioerr_vnode"},
    {7178, "ioerr_auth"},
    {7434, "ioerr_begin_atomic"},
    {7690, "ioerr_commit_atomic"},
    {7946, "ioerr_rollback_atomic"},
    {8202, "ioerr_data"},
    {8458, "ioerr_corruptfs"},
    {8714, "ioerr_in_page"},
});
static_assert(std::ranges::is_sorted(kCodeNames, {}, &CodeName::code));

constexpr int kAbortRollback = 516;
constexpr int kReadOnlyDbMoved = 1032;

std::string_view find_code_name(int code) noexcept {
  const auto* const found = std::ranges::lower_bound(kCodeNames, code, {}, &CodeName::code);
  return found != kCodeNames.end() && found->code == code ? found->name : std::string_view();
}

}  // namespace

std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::error:
      return "error";
    case ErrorKind::invalid_argument:
      return "invalid_argument";
    case ErrorKind::misuse:
      return "misuse";
    case ErrorKind::constraint:
      return "constraint";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::locked:
      return "locked";
    case ErrorKind::read_only:
      return "read_only";
    case ErrorKind::denied:
      return "denied";
    case ErrorKind::interrupted:
      return "interrupted";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::would_block:
      return "would_block";
    case ErrorKind::cannot_open:
      return "cannot_open";
    case ErrorKind::not_a_database:
      return "not_a_database";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::full:
      return "full";
    case ErrorKind::io:
      return "io";
    case ErrorKind::too_big:
      return "too_big";
    case ErrorKind::out_of_memory:
      return "out_of_memory";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::closed:
      return "closed";
    case ErrorKind::missing_parameters:
      return "missing_parameters";
    case ErrorKind::positional_parameters:
      return "positional_parameters";
    case ErrorKind::unknown_transaction:
      return "unknown_transaction";
    case ErrorKind::unknown_statement:
      return "unknown_statement";
    case ErrorKind::unknown_cursor:
      return "unknown_cursor";
  }
  return "error";
}

std::optional<ErrorKind> error_kind(TextView name) noexcept {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::unknown_cursor); ++kind) {
    if (to_string(static_cast<ErrorKind>(kind)) == name) return static_cast<ErrorKind>(kind);
  }
  return std::nullopt;
}

std::string_view sqlite_code_name(int extended_code) noexcept {
  const std::string_view name = find_code_name(extended_code);
  if (!name.empty()) return name;
  const std::string_view primary = find_code_name(extended_code & 0xff);
  return primary.empty() ? "error" : primary;
}

int sqlite_code(TextView name) noexcept {
  const auto* const found = std::ranges::find(kCodeNames, std::string_view(name), &CodeName::name);
  return found == kCodeNames.end() ? 0 : found->code;
}

Recovery recovery_of(ErrorKind kind, int extended_code) noexcept {
  Recovery recovery;
  // SQLITE_ABORT_ROLLBACK: the transaction was rolled back under a running statement.
  recovery.transaction_lost = extended_code == kAbortRollback;
  // SQLITE_READONLY_DBMOVED: the file at this path is another one than the open one.
  recovery.connection_lost = extended_code == kReadOnlyDbMoved;
  switch (kind) {
    case ErrorKind::busy:
    case ErrorKind::locked:
    case ErrorKind::would_block:
      recovery.retryable = true;
      break;
    case ErrorKind::denied:
      recovery.unauthorised = true;
      break;
    case ErrorKind::cannot_open:
      recovery.unavailable = true;
      break;
    case ErrorKind::not_a_database:
    case ErrorKind::closed:
      recovery.connection_lost = true;
      break;
    case ErrorKind::error:
    case ErrorKind::invalid_argument:
    case ErrorKind::misuse:
    case ErrorKind::constraint:
    case ErrorKind::read_only:
    case ErrorKind::interrupted:
    case ErrorKind::timeout:
    case ErrorKind::corrupt:
    case ErrorKind::full:
    case ErrorKind::io:
    case ErrorKind::too_big:
    case ErrorKind::out_of_memory:
    case ErrorKind::unsupported:
    case ErrorKind::missing_parameters:
    case ErrorKind::positional_parameters:
    case ErrorKind::unknown_transaction:
    case ErrorKind::unknown_statement:
    case ErrorKind::unknown_cursor:
      break;
  }
  recovery.transaction_lost |= recovery.connection_lost;
  return recovery;
}

struct Error::Data {
  ErrorKind kind;
  int extended_code;
  int sql_offset;
  Recovery recovery;
  std::string message;
  std::string statement;
};

Error::Error(ErrorKind kind, Text message, int extended_code)
    : data_(std::make_shared<const Data>(Data{kind,
                                              extended_code,
                                              -1,
                                              recovery_of(kind, extended_code),
                                              std::move(message).str(),
                                              {}})) {}

const char* Error::what() const noexcept { return data_->message.c_str(); }
ErrorKind Error::kind() const noexcept { return data_->kind; }
const std::string& Error::message() const noexcept { return data_->message; }
int Error::extended_code() const noexcept { return data_->extended_code; }
int Error::code() const noexcept { return data_->extended_code & 0xff; }
int Error::sql_offset() const noexcept { return data_->sql_offset; }
const std::string& Error::statement() const noexcept { return data_->statement; }
const Recovery& Error::recovery() const noexcept { return data_->recovery; }

Error Error::with_statement(TextView sql, int offset) const {
  Error copy(*this);
  Data data = *data_;
  data.statement = std::string_view(sql);
  data.sql_offset = offset;
  copy.data_ = std::make_shared<const Data>(std::move(data));
  return copy;
}

Error Error::with_recovery(const Recovery& recovery) const {
  Error copy(*this);
  Data data = *data_;
  data.recovery = recovery;
  copy.data_ = std::make_shared<const Data>(std::move(data));
  return copy;
}

bool Error::ends_batch() const noexcept {
  return kind() == ErrorKind::interrupted || kind() == ErrorKind::timeout ||
         recovery().connection_lost || recovery().transaction_lost;
}

}  // namespace libsql
