#include "local/keys.h"

#include <algorithm>

#include "core/sql_pragma.h"
#include "core/sql_refused.h"
#include "core/sql_scanner.h"
#include "encryption/aes256gcm.h"
#include "encryption/guard_vfs.h"
#include "encryption/vfs.h"
#include "local/location.h"

namespace libsql::local {

namespace {

bool is_uri(const std::string& location) { return location.starts_with("file:"); }

// The same location with a last parameter `vfs`, before the fragment.
std::string with_vfs_parameter(const std::string& uri, const std::string& vfs) {
  const std::size_t fragment = uri.find('#');
  std::string made = uri.substr(0, fragment);
  made += made.find('?') == std::string::npos ? '?' : '&';
  made += "vfs=" + vfs;
  return fragment == std::string::npos ? made : made + uri.substr(fragment);
}

// A path as a URI. Source: sqlite.org/uri.html
std::string uri_of_path(const std::string& path) {
  std::string made = "file:";
  // Two slashes at the beginning would be followed by the name of a machine.
  if (path.starts_with("//")) made += "//";
  for (const char c : path) {
    switch (c) {
      case '%':
        made += "%25";
        break;
      case '?':
        made += "%3f";
        break;
      case '#':
        made += "%23";
        break;
      default:
        made += c;
    }
  }
  return made;
}

// Whether a URI has a parameter by which other libraries take a key.
bool names_key(const std::string& location) {
  return std::ranges::any_of(encryption::kKeyParameters, [&location](std::string_view name) {
    return !uri_parameter(location, name).empty();
  });
}

void check_length(const Encryption& encryption) {
  const bool passphrase =
      encryption.cipher == Cipher::aes256gcm && encryption.derivation == KeyDerivation::scrypt;
  if (passphrase || encryption.key.bytes().size() >= kMinimumKeyBytes) return;
  throw Error(ErrorKind::invalid_argument, "the encryption key must have at least " +
                                               std::to_string(kMinimumKeyBytes) + " bytes");
}

// Without the location, which contains the key.
void refuse_key_in_location(const std::string& location) {
  if (!names_key(location)) return;
  throw Error(ErrorKind::invalid_argument,
              "an encryption key in a file's URI has no effect: give it as an option of the "
              "connection or of the attached database");
}

}  // namespace

Keys::Keys(const std::string& location, const std::optional<Encryption>& main)
    : encrypted_(main), main_{location, ""} {
  refuse_key_in_location(location);
  const std::string below = uri_parameter(location, "vfs");
  if (!main) {
    if (below.empty()) main_.vfs = encryption::guard_vfs();
    return;
  }
  if (location == ":memory:" || location.empty() || below == "memdb") {
    throw encryption_in_memory();
  }
  main_.vfs = vfs_of(*main, below);
  if (!below.empty()) main_.location = with_vfs_parameter(location, main_.vfs);
}

Keys::~Keys() = default;

void Keys::clear() noexcept {
  used_.clear();
  encrypted_.reset();
}

const Encryption* Keys::chosen(const KeyChoice& key) const noexcept {
  if (const auto* own = std::get_if<Encryption>(&key)) return own;
  const bool same = std::holds_alternative<SameKey>(key);
  return same && encrypted_ ? &*encrypted_ : nullptr;
}

std::string Keys::vfs_of(const Encryption& encryption, const std::string& below) {
  check_length(encryption);
  const auto vfs = encryption::EncryptedVfs::of(encryption, below);
  if (std::ranges::find(used_, vfs) == used_.end()) used_.push_back(vfs);
  return vfs->name();
}

Opening Keys::other(const std::string& path, const KeyChoice& key) {
  refuse_key_in_location(path);
  const std::string below = uri_parameter(path, "vfs");
  const Encryption* const encryption = chosen(key);
  if (encryption == nullptr) return {path, below.empty() ? encryption::guard_vfs() : ""};
  Opening opening{path, vfs_of(*encryption, below)};
  if (!below.empty()) opening.location = with_vfs_parameter(path, opening.vfs);
  return opening;
}

std::string Keys::uri(const std::string& path, const KeyChoice& key) {
  // In memory, or a temporary file: what SQLite opens without a name has no key.
  if (path == ":memory:" || path.empty()) return path;
  refuse_key_in_location(path);
  const Encryption* const encryption = chosen(key);
  const bool as_main = std::holds_alternative<SameKey>(key) || (!encryption && !encrypted_);
  if (as_main) return path;
  const std::string below = uri_parameter(path, "vfs");
  if (encryption == nullptr && !below.empty()) return path;
  const std::string uri = is_uri(path) ? path : uri_of_path(path);
  return with_vfs_parameter(
      uri, encryption == nullptr ? encryption::guard_vfs() : vfs_of(*encryption, below));
}

void Keys::reserve(sqlite3* db, const char* schema, const KeyChoice& key) const {
  const Encryption* const encryption = chosen(key);
  if (encryption == nullptr || encryption->cipher != Cipher::aes256gcm) return;
  int bytes = static_cast<int>(encryption::kGcmReserved);
  check(db, sqlite3_file_control(db, schema, SQLITE_FCNTL_RESERVE_BYTES, &bytes));
}

void Keys::reserve_attached(sqlite3* db) const noexcept {
  if (!encrypted_ || encrypted_->cipher != Cipher::aes256gcm) return;
  const auto vfs_of_schema = [db](const char* schema) {
    sqlite3_vfs* vfs = nullptr;
    sqlite3_file_control(db, schema, SQLITE_FCNTL_VFS_POINTER, &vfs);
    return vfs;
  };
  sqlite3_vfs* const ours = vfs_of_schema("main");
  constexpr int kFirstAttached = 2;  // after main and temp
  for (int i = kFirstAttached; const char* const schema = sqlite3_db_name(db, i); ++i) {
    int bytes = static_cast<int>(encryption::kGcmReserved);
    if (vfs_of_schema(schema) != ours) continue;
    sqlite3_file_control(db, schema, SQLITE_FCNTL_RESERVE_BYTES, &bytes);
  }
}

Error encryption_in_memory() {
  return Error(ErrorKind::invalid_argument,
               "a database in memory cannot be encrypted: nothing of it is written");
}

void keep_temporary_files_in_memory(sqlite3* db) {
  if (run_for_text(db, "PRAGMA temp_store") == "2") return;
  // SQLite drops them when the setting changes.
  if (run_for_text(db, "SELECT count(*) FROM sqlite_temp_schema") != "0") {
    throw Error(
        ErrorKind::misuse,
        "this connection has temporary tables, which an encryption key would keep in memory: "
        "drop them first");
  }
  run_for_text(db, "PRAGMA temp_store = MEMORY");
}

namespace {

using core::is_keyword;
using core::SqlScanner;
using core::SqlToken;
using Kind = SqlToken::Kind;

// The name of a file in ATTACH or VACUUM INTO, with a key among the parameters of a URI.
bool has_key_in_location(std::string_view sql) {
  SqlScanner scanner(sql);
  for (SqlToken token = scanner.next();; token = scanner.next()) {
    if (token.kind == Kind::end || token.kind == Kind::incomplete) return false;
    if (token.kind == Kind::quoted &&
        names_key(std::string(token.text.substr(1, token.text.size() - 2)))) {
      return true;
    }
  }
}

}  // namespace

void refuse_key_in_sql(std::string_view sql) {
  SqlScanner scanner(sql);
  SqlToken verb = scanner.next();
  while (verb.kind == Kind::semicolon || is_keyword(verb.text, "EXPLAIN")) verb = scanner.next();
  const bool attach = is_keyword(verb.text, "ATTACH");
  const bool file = attach || is_keyword(verb.text, "VACUUM");
  if (!file && !is_keyword(verb.text, "PRAGMA") && !is_keyword(verb.text, "QUERY")) return;
  const std::string_view shown = core::statement_with_key(sql);
  if (!shown.empty()) core::refuse_statement_with_key(shown);
  if (file && has_key_in_location(sql)) {
    core::refuse_statement_with_key(attach ? "ATTACH ... KEY" : "VACUUM INTO");
  }
}

void refuse_temporary_files(std::string_view sql) {
  if (!core::is_pragma(sql, "TEMP_STORE")) return;
  SqlScanner scanner(sql);
  SqlToken token = scanner.next();
  while (token.kind != Kind::end && token.text != "=" && token.kind != Kind::open) {
    token = scanner.next();
  }
  if (token.kind == Kind::end) return;
  SqlToken value = scanner.next();
  if (value.kind == Kind::quoted) value.text = value.text.substr(1, value.text.size() - 2);
  if (is_keyword(value.text, "MEMORY") || value.text == "2") return;
  throw Error(ErrorKind::invalid_argument,
              "temp_store is MEMORY for a connection with an encryption key: temporary files would "
              "not be encrypted");
}

}  // namespace libsql::local
