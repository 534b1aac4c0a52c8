// The database that the shell works on.
//
// Reading does not create a missing file, as SQLite would, leaving an empty file for every misspelt
// name. Until the first statement that can write, statements run on an empty temporary database.
// Those that change the state of the connection (PRAGMA, BEGIN, SAVEPOINT, ATTACH, ...) are run
// again on the file when it is created, so that the connection is in the same state.
#ifndef LIBSQL_SHELL_CURRENT_DATABASE_H_
#define LIBSQL_SHELL_CURRENT_DATABASE_H_

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "libsql/connection.h"
#include "libsql/database.h"
#include "shell/interrupts.h"

namespace libsql::shell {

enum class Access { read_write, read_only };

// Threads: thread-bound.
class CurrentDatabase {
 public:
  // `interrupts` must outlive this object. Errors: Error if the database cannot be opened, or its
  // folder does not exist.
  CurrentDatabase(Interrupts& interrupts, const std::string& location, Access access,
                  const std::optional<Encryption>& key = std::nullopt);
  CurrentDatabase(const CurrentDatabase&) = delete;
  CurrentDatabase& operator=(const CurrentDatabase&) = delete;
  ~CurrentDatabase() = default;

  // Replaces the database by another one; after an error it is the same as before. Errors: as the
  // constructor; CommandError while a transaction is open.
  void open(const std::string& location, Access access);

  [[nodiscard]] const std::string& location() const noexcept { return database_.location(); }
  // The file does not exist.
  [[nodiscard]] bool missing() const noexcept { return missing_; }

  // The file is missing, and the statement must run on writable().
  [[nodiscard]] bool creates_file(const Statement& statement) const;
  // For reading and for changing the connection's state.
  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  // For writing: creates the file if it is missing. Errors: Error if that fails.
  Connection& writable();
  // Opens the file if it was missing and another process has created it.
  void look_for_file();

  // Records a statement that has run while the file was missing, to run it again on the file.
  void remember(const Statement& statement, std::vector<Value> values);

 private:
  struct Opened {
    Database database;
    Connection connection;
    bool missing;
  };
  struct Repeated {
    std::string sql;
    std::vector<Value> values;
  };
  static Opened open_database(const std::string& location, Access access,
                              const std::optional<Encryption>& key);
  CurrentDatabase(Interrupts& interrupts, Opened opened, std::optional<Encryption> key);
  void watch_interrupts(Connection& connection);
  void create();

  Interrupts& interrupts_;
  // Of all files that are opened.
  std::optional<Encryption> key_;
  Database database_;
  Connection connection_;
  bool missing_;
  std::vector<Repeated> repeated_;
};

// The file that a location names; empty for a database in memory, and for a URI that decides itself
// whether the file is created (parameters mode and vfs).
[[nodiscard]] std::filesystem::path file_of(const std::string& location);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_CURRENT_DATABASE_H_
