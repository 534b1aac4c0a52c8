#include "local/open.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <initializer_list>
#include <system_error>
#include <thread>

#include "core/file_error.h"
#include "core/sql_pragma.h"
#include "libsql/sql.h"
#include "local/keys.h"
#include "local/location.h"
#include "local/open_error.h"
#include "local/registered_functions.h"
#include "local/session.h"
#include "local/vector_definition.h"

namespace libsql::local {

namespace {

void create_folders(const std::string& location) {
  if (location.starts_with("file:") || location == ":memory:") return;
  const std::filesystem::path folder = std::filesystem::path(location).parent_path();
  std::error_code failed;
  if (!folder.empty()) std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw Error(ErrorKind::cannot_open,
                "cannot create the folder " + folder.string() + ": " + failed.message(),
                SQLITE_CANTOPEN);
  }
}

DbHandle open_handle(const Keys& keys, OpenMode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case OpenMode::read_write_create:
      flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
      break;
    case OpenMode::read_write:
      flags |= SQLITE_OPEN_READWRITE;
      break;
    case OpenMode::read_only:
      flags |= SQLITE_OPEN_READONLY;
      break;
  }
  return open_file(keys.main().location, flags, keys.main().vfs);
}

// Settings whose default depends on how the system's SQLite was built.
void configure(sqlite3* db, const Options& options) {
  const auto set = [db](int setting, bool on) {
    check(db, sqlite3_db_config(db, setting, on ? 1 : 0, static_cast<int*>(nullptr)));
  };
  set(SQLITE_DBCONFIG_DQS_DML, options.double_quoted_strings);
  set(SQLITE_DBCONFIG_DQS_DDL, options.double_quoted_strings);
  set(SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, false);
  run_for_text(db, "PRAGMA secure_delete = 0");
  register_functions(db);
}

// When two connections turn a new file into a WAL database at once, SQLite fails one of them with
// BUSY without calling the busy handler: so the statement is repeated here.
void set_journal_mode(sqlite3* db, const Options& options) {
  const std::string sql = core::pragma_statement("main.journal_mode", options.journal_mode.str());
  std::string wanted = options.journal_mode.str();
  std::ranges::transform(wanted, wanted.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (run_for_text(db, "PRAGMA main.journal_mode") == wanted) return;
  const auto give_up = std::chrono::steady_clock::now() + options.busy_timeout;
  for (;;) {
    try {
      const std::string got = run_for_text(db, sql);
      if (got == wanted) return;
      throw Error(ErrorKind::unsupported, std::string("journal_mode is ")
                                              .append(got)
                                              .append(", ")
                                              .append(wanted)
                                              .append(" was asked for"));
    } catch (const Error& busy) {
      const bool retry = busy.kind() == ErrorKind::busy || busy.kind() == ErrorKind::locked;
      if (!retry || std::chrono::steady_clock::now() >= give_up) throw;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

// SQLite ignores an unknown word, or takes it for a default.
void check_word(std::string_view what, std::string_view word,
                std::initializer_list<std::string_view> known) {
  std::string lower(word);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::ranges::find(known, lower) != known.end()) return;
  throw Error(ErrorKind::invalid_argument,
              "unknown " + std::string(what) + ": " + std::string(word));
}

void check_not_negative(std::string_view what, int number) {
  if (number >= 0) return;
  throw Error(ErrorKind::invalid_argument,
              std::string(what) + " must be 0 or more, got " + std::to_string(number));
}

void check_options(const Options& options) {
  check_word("synchronous", options.synchronous,
             {"off", "normal", "full", "extra", "0", "1", "2", "3"});
  check_word("journal_mode", options.journal_mode,
             {"", "delete", "truncate", "persist", "memory", "wal", "off"});
  check_not_negative("wal_auto_checkpoint", options.wal_auto_checkpoint);
  check_not_negative("progress_steps", options.progress_steps);
}

bool comes_first(std::string_view pragma) {
  constexpr std::array<std::string_view, 3> kBeforeCreation = {"page_size", "auto_vacuum",
                                                               "encoding"};
  return std::ranges::find(kBeforeCreation, pragma) != kBeforeCreation.end();
}

void run_pragmas(sqlite3* db, const Options& options, const Keys& keys, bool first) {
  for (const auto& [name, value] : options.pragmas) {
    if (comes_first(name) != first) continue;
    const std::string sql = core::pragma_statement(name, value.str());
    refuse_key_in_sql(sql);
    if (keys.any()) refuse_temporary_files(sql);
    run_for_text(db, sql);
  }
}

// The options ask for reading only, or the location does: "file:name?mode=ro", "?immutable=1".
// Source: sqlite.org/uri.html
bool is_read_only(sqlite3* db, OpenMode mode) {
  if (mode == OpenMode::read_only) return true;
  const char* const name = sqlite3_db_filename(db, "main");
  if (name == nullptr) return false;
  const char* const uri_mode = sqlite3_uri_parameter(name, "mode");
  return (uri_mode != nullptr && std::string_view(uri_mode) == "ro") ||
         sqlite3_uri_boolean(name, "immutable", 0) != 0;
}

void check_writable(sqlite3* db, const std::string& location, OpenMode mode) {
  if (is_read_only(db, mode)) return;
  // SQLite opens a file without write permission read-only, and reports no error.
  if (sqlite3_db_readonly(db, "main") == 1) {
    throw core::with_file_name(error_for_code(SQLITE_READONLY), location);
  }
}

void attach(sqlite3* db, const Attachment& attachment, Keys& keys) {
  const std::string location = keys.uri(without_shared_cache(attachment.path), attachment.key);
  if (keys.any()) keep_temporary_files_in_memory(db);
  const StmtHandle stmt = compile(db, "ATTACH ? AS ?");
  const auto bind = [&stmt](int index, const std::string& text) {
    sqlite3_bind_text64(stmt.get(), index, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  };
  bind(1, location);
  bind(2, attachment.name);
  const int rc = sqlite3_step(stmt.get());
  if (rc != SQLITE_DONE) {
    const Error error = core::with_path(from_sqlite(db, rc), location, attachment.path.str());
    throw explain_open_error(error, db, attachment.path, OpenStep::database_file);
  }
  keys.reserve(db, attachment.name.str().c_str(), attachment.key);
}

void apply(sqlite3* db, const std::string& location, const Options& options, Keys& keys) {
  const bool read_only = is_read_only(db, options.mode);
  if (keys.any()) keep_temporary_files_in_memory(db);
  if (keys.main_encrypted()) {
    if (is_in_memory(db)) throw encryption_in_memory();
    keys.reserve(db, "main", SameKey{});
  }
  configure(db, options);
  if (!read_only) run_pragmas(db, options, keys, true);
  // The first read of the file: fails if it is no database.
  run_for_text(db, "SELECT count(*) FROM sqlite_schema");
  check_writable(db, location, options.mode);
  const bool keeps_mode = sqlite3_db_readonly(db, "main") == 1 || options.journal_mode.empty();
  if (!keeps_mode && !is_in_memory(db)) set_journal_mode(db, options);
  run_for_text(db, core::pragma_statement("synchronous", options.synchronous));
  run_for_text(db, core::pragma_statement("foreign_keys", options.foreign_keys ? "on" : "off"));
  run_for_text(db, core::pragma_statement("wal_autocheckpoint",
                                          std::to_string(options.wal_auto_checkpoint)));
  run_pragmas(db, options, keys, false);
}

void load_extensions(LocalSession& session, const Options& options) {
  if (options.extensions.empty()) return;
  session.enable_extensions(true);
  for (const Extension& extension : options.extensions) session.load_extension(extension);
  session.enable_extensions(false);
}

}  // namespace

std::shared_ptr<core::Session> open_session(const std::string& location, const Options& options) {
  check_options(options);
  if (options.create_folders && options.mode == OpenMode::read_write_create) {
    create_folders(location);
  }
  Keys keys(without_shared_cache(location), options.encryption);
  DbHandle handle = open_handle(keys, options.mode);
  sqlite3* db = handle.get();
  // Created first: its busy handler is needed while the options are applied.
  auto session = std::make_shared<LocalSession>(std::move(handle), std::move(keys), options);
  try {
    apply(db, location, options, session->keys());
  } catch (const Error& error) {
    throw explain_open_error(error, db, location, OpenStep::side_files);
  }
  for (const Attachment& attachment : options.attach) attach(db, attachment, session->keys());
  session->take_over_checkpoints();
  session->refresh_settings();
  session->join_queue();
  take_over_libsql_indexes(*session);
  if (options.image) session->deserialise(*options.image, "main");
  load_extensions(*session, options);
  return session;
}

std::string_view version() noexcept { return sqlite3_libversion(); }
int version_number() noexcept { return sqlite3_libversion_number(); }

}  // namespace libsql::local
