// How a database is opened. The defaults are those of docs/architecture.md ("Defaults on opening").
#ifndef LIBSQL_OPTIONS_H_
#define LIBSQL_OPTIONS_H_

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "libsql/encryption.h"
#include "libsql/text.h"
#include "libsql/vector_build.h"

namespace libsql {

enum class OpenMode { read_write_create, read_write, read_only };

// Transaction kinds. `read_only` is a deferred transaction that refuses writes.
enum class TransactionMode { deferred, immediate, exclusive, read_only };

// A loadable extension: a shared object and, where it is not SQLite's default, its entry point.
struct Extension {
  Text path;
  Text entry_point;
};

// A database attached under a name on each connection.
struct Attachment {
  Text name;
  Text path;
  KeyChoice key = SameKey{};
};

struct Options {
  OpenMode mode = OpenMode::read_write_create;
  // The file is encrypted, or will be if it is new. Its write-ahead log and journals are too;
  // temporary files are kept in memory. Errors on opening: invalid_argument for a key shorter than
  // kMinimumKeyBytes (any passphrase does for KeyDerivation::scrypt) and for a database in memory;
  // not_a_database, with nothing changed on the disk, if the key is not the file's or the file is
  // plain.
  std::optional<Encryption> encryption;
  // Creates missing parent folders of the file (mode read_write_create only).
  bool create_folders = false;
  // How long a connection waits for a lock; zero does not wait. Held to 0 to 2^31 - 1 milliseconds.
  std::chrono::milliseconds busy_timeout{5000};
  bool foreign_keys = true;
  // A text in double quotes that names no column is a string, as SQLite takes it by default and
  // libSQL servers do. Off, a misspelt name is an error. Source: sqlite.org/quirks.html
  bool double_quoted_strings = false;
  // SQLite's words: off, normal, full, extra. Source: sqlite.org/pragma.html#pragma_synchronous
  Text synchronous = "normal";
  // delete, truncate, persist, memory, wal, off; empty leaves the file's own. Not applied to
  // read-only connections; an in-memory database ignores it, as SQLite does.
  Text journal_mode = "wal";
  // Pages after which a commit moves the write-ahead log into the database; 0 never does.
  int wal_auto_checkpoint = 1000;
  // Further pragmas, run in order after the settings above. Names are identifiers; values are
  // identifiers, numbers, or any other text, which is then quoted. Those that must come before the
  // database is created (page_size, auto_vacuum, encoding) are moved to the front.
  std::vector<std::pair<Text, Text>> pragmas;
  std::vector<Attachment> attach;
  // Loaded on opening; loading is switched off again afterwards.
  std::vector<Extension> extensions;
  // A serialised database that the connection starts with (in-memory databases).
  std::optional<Text> image;
  // Compiled statements kept per connection; 0 keeps none.
  std::size_t statement_cache_size = 64;
  // Virtual-machine instructions between two looks at interrupt, deadline and budget; 0 is as 1.
  int progress_steps = 1000;
  // Is told how builds of indexes on vectors go.
  VectorBuildObserver vector_build_observer;
};

}  // namespace libsql

#endif  // LIBSQL_OPTIONS_H_
