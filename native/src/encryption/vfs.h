// The VFS of encrypted databases: SQLite asks it for files as it asks the operating system's.
//
// There is one per key, cipher and VFS below. A connection opens its database through it, and all
// that SQLite opens for the connection by itself (the write-ahead log, journals, what VACUUM INTO
// writes, what ATTACH attaches) gets the same key. Its name contains a random number: SQL that
// could guess it could open the database.
//
//     SQLite ── MainFile, WalFile, JournalFile ── the VFS below (unix) ── the files
//                        │
//                   PageCipher
#ifndef LIBSQL_ENCRYPTION_VFS_H_
#define LIBSQL_ENCRYPTION_VFS_H_

#include <memory>
#include <string>

#include <sqlite3.h>

#include "libsql/encryption.h"

namespace libsql::encryption {

// Threads: thread-safe. Must live longer than the connections that are opened through it.
class EncryptedVfs : public std::enable_shared_from_this<EncryptedVfs> {
 public:
  // The VFS of a key. `below` names the VFS that has the files; empty for SQLite's default.
  // Errors: cannot_open if there is no VFS of that name; those of openssl.h.
  [[nodiscard]] static std::shared_ptr<EncryptedVfs> of(const Encryption& encryption,
                                                        const std::string& below = "");

  EncryptedVfs(const EncryptedVfs&) = delete;
  EncryptedVfs& operator=(const EncryptedVfs&) = delete;
  ~EncryptedVfs();

  // For sqlite3_open_v2() and the URI parameter `vfs`.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const Encryption& encryption() const noexcept { return encryption_; }

 private:
  // What SQLite knows; its functions find the object behind it.
  struct Registered {
    sqlite3_vfs vfs;
    EncryptedVfs* self;
  };

  EncryptedVfs(Encryption encryption, sqlite3_vfs* below);

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                  int* out_flags) noexcept;
  int open_file(const char* name, sqlite3_file* file, int flags, int* out_flags);
  int open_main(const char* name, sqlite3_file* file, int flags, int* out_flags);

  Encryption encryption_;
  sqlite3_vfs* below_;
  std::string name_;
  Registered registered_;
};

}  // namespace libsql::encryption

#endif  // LIBSQL_ENCRYPTION_VFS_H_
