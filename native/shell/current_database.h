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
#include "libsql/remote_options.h"
#include "shell/interrupts.h"

namespace libsql::shell {

enum class Access { read_write, read_only };

// What the command line gives to open databases with.
struct Credentials {
  std::optional<Encryption> key;   // of all files that are opened; a server gets it for its own
  std::optional<AuthToken> token;  // for the first server alone
};

// Threads: thread-bound.
class CurrentDatabase {
 public:
  // `interrupts` must outlive this object. Errors: Error if the database cannot be opened, or its
  // folder does not exist; CommandError for reading a server only.
  CurrentDatabase(Interrupts& interrupts, const std::string& location, Access access,
                  const Credentials& credentials = {});
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
                              const Credentials& credentials);
  static Opened open_server(const std::string& url, Access access, const Credentials& credentials);
  CurrentDatabase(Interrupts& interrupts, Opened opened, Credentials credentials);
  void watch_interrupts(const Database& database, Connection& connection);
  void create();

  Interrupts& interrupts_;
  Credentials credentials_;
  Database database_;
  Connection connection_;
  const std::string token_for_;  // the location of the command line
  bool missing_;
  std::vector<Repeated> repeated_;
};

// The file that a location names; empty for a database in memory or on a server, and for a URI that
// decides itself whether the file is created (parameters mode and vfs).
[[nodiscard]] std::filesystem::path file_of(const std::string& location);

// A location as it may be shown: the query of a server's URL may hold a token.
[[nodiscard]] std::string without_query(const std::string& location);

}  // namespace libsql::shell

#endif  // LIBSQL_SHELL_CURRENT_DATABASE_H_
