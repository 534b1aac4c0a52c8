// Opens a database, and creates a missing one when it is written to.
#include "shell/current_database.h"

#include <string_view>
#include <system_error>
#include <utility>

#include "libsql/error.h"
#include "shell/build_bar.h"
#include "shell/command_error.h"
#include "shell/parameters.h"

namespace libsql::shell {
namespace {

constexpr std::string_view kUri = "file:";
// A URI without a path: a temporary database, whose journal mode is that of a new file.
constexpr const char* kNoFile = "file:";

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Replaces %HH by the byte.
std::string decode_percent(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
                        hex_digit(text[i + 2]) >= 0;
    if (!escape) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return out;
}

// Whether the file is missing, but could be created.
bool is_missing(const std::filesystem::path& file) {
  std::error_code failure;
  if (file.empty() || std::filesystem::exists(file, failure) || failure) return false;
  const std::filesystem::path folder = file.parent_path();
  return std::filesystem::is_directory(folder.empty() ? "." : folder, failure);
}

}  // namespace

std::filesystem::path file_of(const std::string& location) {
  if (location == ":memory:" || Database::is_remote(location)) return {};
  std::string_view rest = location;
  if (!rest.starts_with(kUri)) return location;
  rest.remove_prefix(kUri.size());
  rest = rest.substr(0, rest.find('#'));
  const std::size_t question = std::min(rest.find('?'), rest.size());
  const std::string_view query = rest.substr(question);
  if (query.find("mode=") != std::string_view::npos ||
      query.find("vfs=") != std::string_view::npos) {
    return {};
  }
  rest = rest.substr(0, question);
  if (rest.starts_with("//")) rest.remove_prefix(std::min(rest.find('/', 2), rest.size()));
  std::string path = decode_percent(rest);
  return path == ":memory:" ? std::string() : path;
}

std::string without_query(const std::string& location) {
  return Database::is_remote(location) ? location.substr(0, location.find('?')) : location;
}

CurrentDatabase::Opened CurrentDatabase::open_server(const std::string& url, Access access,
                                                     const Credentials& credentials) {
  if (access == Access::read_only) {
    throw CommandError(
        "a server decides by the token whether it may be written to: --readonly is "
        "for files");
  }
  RemoteOptions options;
  if (credentials.key) options.encryption_key = credentials.key->key;
  if (credentials.token) options.auth_token = *credentials.token;
  Database database = Database::remote(url, options);
  Connection connection = database.connect();
  return {std::move(database), std::move(connection), false};
}

CurrentDatabase::Opened CurrentDatabase::open_database(const std::string& location, Access access,
                                                       const Credentials& credentials) {
  if (Database::is_remote(location)) return open_server(location, access, credentials);
  Options options;
  options.vector_build_observer = build_bar();
  options.journal_mode = "";  // Opening a file must not change its journal mode.
  if (access == Access::read_only) options.mode = OpenMode::read_only;
  Options plain = options;
  if (location != ":memory:") options.encryption = credentials.key;
  Database database(location, options);
  const bool missing = access == Access::read_write && is_missing(file_of(location));
  Connection connection = (missing ? Database(kNoFile, plain) : database).connect();
  return {std::move(database), std::move(connection), missing};
}

CurrentDatabase::CurrentDatabase(Interrupts& interrupts, const std::string& location, Access access,
                                 const Credentials& credentials)
    : CurrentDatabase(interrupts, open_database(location, access, credentials), credentials) {}

CurrentDatabase::CurrentDatabase(Interrupts& interrupts, Opened opened, Credentials credentials)
    : interrupts_(interrupts),
      credentials_(std::move(credentials)),
      database_(std::move(opened.database)),
      connection_(std::move(opened.connection)),
      token_for_(database_.location()),
      missing_(opened.missing) {
  watch_interrupts(database_, connection_);
}

// Connection::interrupt() has no effect between two statements; this check stops the next one.
// A connection to a server has no such check: there the interrupt stops what waits for the answer.
void CurrentDatabase::watch_interrupts(const Database& database, Connection& connection) {
  if (Database::is_remote(database.location())) return;
  connection.set_cancel_check([this] { return interrupts_.requested(); });
}

void CurrentDatabase::open(const std::string& location, Access access) {
  if (connection_.in_transaction()) {
    throw CommandError("a transaction is open: COMMIT or ROLLBACK it before .open");
  }
  // A token is sent to the server that it was given for, and to no other.
  Credentials credentials = credentials_;
  if (without_query(location) != token_for_) credentials.token.reset();
  Opened opened = open_database(location, access, credentials);
  watch_interrupts(opened.database, opened.connection);
  interrupts_.exchange(connection_, opened.connection);
  database_ = std::move(opened.database);
  missing_ = opened.missing;
  repeated_.clear();
}

bool CurrentDatabase::creates_file(const Statement& statement) const {
  if (!missing_ || statement.read_only()) return false;
  // SQLite counts some pragmas as writing, e.g. journal_mode, that only read without a value.
  return statement.kind() != StatementKind::pragma ||
         statement.sql().find_first_of("=(") != std::string_view::npos;
}

Connection& CurrentDatabase::writable() {
  if (missing_) create();
  return connection_;
}

void CurrentDatabase::look_for_file() {
  std::error_code failure;
  if (missing_ && std::filesystem::exists(file_of(location()), failure)) create();
}

void CurrentDatabase::remember(const Statement& statement, std::vector<Value> values) {
  if (statement.kind() == StatementKind::select) return;
  repeated_.push_back({std::string(statement.sql()), std::move(values)});
}

void CurrentDatabase::create() {
  Connection created = database_.connect();
  watch_interrupts(database_, created);
  for (const auto& [sql, values] : repeated_) {
    Statement statement = created.prepare(sql);
    bind_values(statement, values);
    statement.execute();
  }
  interrupts_.exchange(connection_, created);
  missing_ = false;
  repeated_.clear();
}

}  // namespace libsql::shell
