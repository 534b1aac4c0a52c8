// The public Database: checks a location and opens sessions.
#include "libsql/database.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "libsql/error.h"
#include "local/large_blocks.h"
#include "local/memory_limits.h"
#include "local/open.h"
#include "local/page_cache.h"
#include "local/rekey.h"
#include "local/spinning_mutex.h"
#include "remote/network.h"
#include "remote/session.h"
#include "remote/url.h"
#include "replica/open.h"
#ifdef LIBSQL_LATE_SESSIONS
#include "testing/late_session.h"
#endif

namespace libsql {
namespace {

void check_location(std::string_view location) {
  if (location.empty()) {
    throw Error(ErrorKind::invalid_argument, "the location of the database is empty");
  }
  if (location.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::invalid_argument, "the location of the database contains a zero byte");
  }
  if (remote::is_remote_url(location)) {
    throw Error(ErrorKind::invalid_argument,
                "the location is the URL of a server, not a file: use Database::remote()");
  }
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    if (plain) {
      encoded += c;
    } else {
      encoded += {'%', kDigits[byte >> 4U], kDigits[byte & 15U]};
    }
  }
  return encoded;
}

}  // namespace

Database::Database(Text location, Options options)
    : location_(std::move(location).str()), options_(std::move(options)) {
  check_location(location_);
}

// The memdb VFS shares a database whose name begins with a slash. Unlike a shared cache, it has
// locks for whole databases only, for which SQLite's busy handler waits.
std::string Database::shared_memory(TextView text) {
  const std::string_view name = text;
  if (name.empty() || name.find('\0') != std::string_view::npos) {
    throw Error(ErrorKind::invalid_argument, "not a name for a database in memory");
  }
  return "file:/" + percent_encode(name) + "?vfs=memdb";
}

Database Database::remote(TextView url, const RemoteOptions& options) {
  const remote::Url parsed = remote::parse_url(url);
  Database database;
  const std::string_view text = url;
  database.location_ = text.substr(0, text.find('?'));
  database.request_timeout_ = options.request_timeout;
  database.transport_ = remote::make_transport(parsed, options);
  return database;
}

struct Database::Replica {
  remote::Url primary;
  ReplicaOptions options;
};

Database Database::replica(TextView path, TextView url, const ReplicaOptions& options) {
  check_location(path);
  const std::string_view text = path;
  replica::check_options(std::string(text), options);
  Database database;
  database.location_ = text;
  database.options_ = options.local;
  database.replica_ = std::make_shared<const Replica>(Replica{remote::parse_url(url), options});
  return database;
}

bool Database::is_remote(TextView location) noexcept { return remote::is_remote_url(location); }

void Database::rekey(const KeyChoice& key, const BackupProgress& progress) const {
  if (transport_ != nullptr) {
    throw Error(ErrorKind::unsupported, "the key of a server's database is changed at the server");
  }
  if (replica_ != nullptr) {
    throw Error(ErrorKind::unsupported,
                "a replica keeps its key: make a new one with another key, from the primary");
  }
  local::rekey(location_, options_, key, progress);
}

Connection Database::connect() const {
  if (replica_ != nullptr) {
    return Connection(replica::open_session(location_, replica_->primary, replica_->options));
  }
  if (transport_ != nullptr) {
    return Connection(std::make_shared<remote::RemoteSession>(transport_, request_timeout_));
  }
#ifdef LIBSQL_LATE_SESSIONS
  return Connection(
      std::make_shared<testing::LateSession>(local::open_session(location_, options_)));
#else
  return Connection(local::open_session(location_, options_));
#endif
}

std::string_view sqlite_version() noexcept { return local::version(); }
int sqlite_version_number() noexcept { return local::version_number(); }
void limit_memory(const MemoryLimits& limits) { local::limit_memory(limits); }
bool use_spinning_mutexes() noexcept { return local::install_spinning_mutexes(); }
bool free_large_blocks_in_portions() noexcept { return local::install_large_blocks(); }
bool prefetch_vector_scans() noexcept { return local::install_page_forecast(); }

}  // namespace libsql
