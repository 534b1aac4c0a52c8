// The encryption keys of a session's files: which VFS opens a file so that its pages are encrypted
// with which key.
#ifndef LIBSQL_LOCAL_KEYS_H_
#define LIBSQL_LOCAL_KEYS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libsql/encryption.h"
#include "local/sqlite.h"

namespace libsql::encryption {
class EncryptedVfs;
}

namespace libsql::local {

// What sqlite3_open_v2() takes: a path or URI, and the name of a VFS (empty: SQLite's default).
struct Opening {
  std::string location;
  std::string vfs;
};

// Threads: thread-compatible. Must outlive the connection.
class Keys {
 public:
  // Errors: invalid_argument for a key that is too short, and for a location in memory.
  Keys(const std::string& location, const std::optional<Encryption>& main);
  Keys(Keys&&) noexcept = default;
  Keys& operator=(Keys&&) noexcept = default;
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  ~Keys();

  // How the main database is opened. A plain one through a VFS that refuses encrypted files,
  // unless the location names a VFS itself.
  [[nodiscard]] const Opening& main() const noexcept { return main_; }
  [[nodiscard]] bool main_encrypted() const noexcept { return encrypted_.has_value(); }
  // Whether any file of the connection is encrypted, so that temporary files must not be written.
  [[nodiscard]] bool any() const noexcept { return !used_.empty(); }

  // How another file is opened, with a key of its own. Errors: invalid_argument for a short key.
  [[nodiscard]] Opening other(const std::string& path, const KeyChoice& key);
  // The same as one text for ATTACH and VACUUM INTO, which take no VFS apart from a URI's.
  [[nodiscard]] std::string uri(const std::string& path, const KeyChoice& key);

  // Makes room in the pages of a new database, before anything is written into it. Does nothing to
  // one that exists, or whose cipher needs none.
  void reserve(sqlite3* db, const char* schema, const KeyChoice& key) const;

  // The same for databases that SQL has attached, which have the main database's key.
  void reserve_attached(sqlite3* db) const noexcept;

  // Forgets the keys. The connection is closed.
  void clear() noexcept;

 private:
  [[nodiscard]] std::string vfs_of(const Encryption& encryption, const std::string& below);
  [[nodiscard]] const Encryption* chosen(const KeyChoice& key) const noexcept;

  std::optional<Encryption> encrypted_;
  Opening main_;
  std::vector<std::shared_ptr<encryption::EncryptedVfs>> used_;
};

// The error of a key for a database that has no file.
[[nodiscard]] Error encryption_in_memory();

// Temporary tables, sorts and the copies of what a statement changes stay in memory from here on.
// Errors: misuse for a connection that has temporary tables elsewhere.
void keep_temporary_files_in_memory(sqlite3* db);

// Throws when a statement would hand a key to an SQLite that does not encrypt: PRAGMA key and its
// like, ATTACH ... KEY. SQLite ignores both and writes plain text. Errors: invalid_argument.
void refuse_key_in_sql(std::string_view sql);
// Throws for a PRAGMA that lets temporary files of a session with keys reach the disk.
void refuse_temporary_files(std::string_view sql);

}  // namespace libsql::local

#endif  // LIBSQL_LOCAL_KEYS_H_
