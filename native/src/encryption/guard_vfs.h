// The VFS of databases without a key: SQLite's default, except that it does not open what is not a
// plain database file.
//
// SQLite plays back a journal before it looks at the database. It takes the records of an encrypted
// one for torn, deletes the journal, and a half-written database is left. Here such a file is
// refused first, also when SQL attaches it. A database file is read ahead of scans
// (vfs/plain_file.h); all other files are the default VFS's own.
#ifndef LIBSQL_ENCRYPTION_GUARD_VFS_H_
#define LIBSQL_ENCRYPTION_GUARD_VFS_H_

#include <array>

namespace libsql::encryption {

// The name of the VFS, registered at the first call and for the life of the process.
// Threads: thread-safe.
[[nodiscard]] const char* guard_vfs();

// The parameters of a URI by which other libraries take a key.
inline constexpr std::array<const char*, 5> kKeyParameters = {"key", "hexkey", "textkey",
                                                              "encryption_key", "cipher"};

// Whether the file name that SQLite gives to xOpen has one of them.
[[nodiscard]] bool has_key_parameter(const char* name);

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_GUARD_VFS_H_
