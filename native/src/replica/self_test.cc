#include "replica/self_test.h"

#include <stdlib.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <system_error>

#include "core/mutex.h"
#include "libsql/error.h"
#include "replica/database.h"

namespace libsql::replica {

namespace {

// A folder that goes with this object.
class TestFolder {
 public:
  explicit TestFolder(const std::filesystem::path& parent) {
    std::string pattern = (parent / "libsql-self-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::cannot_open, "cannot make a folder in " + parent.string());
    }
    path_ = pattern;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file() const { return (path_ / "test.db").string(); }

 private:
  std::filesystem::path path_;
};

// The pages of a database in which `sql` has run, as one in WAL mode.
std::string pages_of(const std::string& sql) {
  constexpr std::size_t kVersionsAt = 18;
  const local::DbHandle db = local::open_file(
      ":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX);
  local::run_for_text(db.get(), "PRAGMA page_size = 4096");
  local::check(db.get(), sqlite3_exec(db.get(), sql.c_str(), nullptr, nullptr, nullptr));
  sqlite3_int64 size = 0;
  const std::unique_ptr<unsigned char, local::SqliteFree> image(
      sqlite3_serialize(db.get(), "main", &size, 0));
  if (image == nullptr) throw local::error_for_code(SQLITE_NOMEM);
  std::string pages(reinterpret_cast<const char*>(image.get()), static_cast<std::size_t>(size));
  pages.replace(kVersionsAt, 2, "\x02\x02");
  return pages;
}

// Says nothing about SQLite.
bool is_of_the_machine(ErrorKind kind) noexcept {
  return kind == ErrorKind::io || kind == ErrorKind::full || kind == ErrorKind::cannot_open ||
         kind == ErrorKind::out_of_memory;
}

void inject(WalWriter& writer, const std::string& pages) {
  const ConstBytes bytes(reinterpret_cast<const unsigned char*>(pages.data()), pages.size());
  const auto count = static_cast<PageNumber>(pages.size() / kPageSize);
  writer.begin();
  for (PageNumber number = 1; number <= count; ++number) {
    writer.append(number, bytes.subspan((number - std::size_t{1}) * kPageSize, kPageSize));
  }
  writer.commit(count, Durability::written);
}

std::optional<Publication> first_that_works(const std::filesystem::path& folder) {
  for (const Publication publication : {Publication::direct, Publication::rebuild}) {
    if (publication_works(folder, publication)) return publication;
  }
  return std::nullopt;
}

}  // namespace

bool publication_works(const std::filesystem::path& folder, Publication publication) {
  const TestFolder test(folder);
  const local::Keys keys(test.file(), std::nullopt);
  create_placeholder(keys);
  const std::string one = "CREATE TABLE t(a); INSERT INTO t VALUES (zeroblob(9000)), ('one')";
  try {
    const local::DbHandle reader = open_database(keys);
    WalWriter writer(open_database(keys), publication);
    inject(writer, pages_of(one));
    const std::string texts = "SELECT max(a) FROM t WHERE typeof(a) = 'text'";
    if (local::run_for_text(reader.get(), texts) != "one") return false;
    inject(writer, pages_of(one + "; UPDATE t SET a = 'two' WHERE a = 'one'; CREATE TABLE u(b)"));
    if (local::run_for_text(reader.get(), texts) != "two") return false;
    return local::run_for_text(reader.get(), "PRAGMA integrity_check") == "ok" &&
           local::run_for_text(writer.db(), "SELECT count(*) FROM u") == "0";
  } catch (const Error& error) {
    if (is_of_the_machine(error.kind())) throw;
    return false;
  }
}

Publication working_publication(const std::filesystem::path& folder) {
  static core::Mutex mutex;
  static std::optional<Publication> working LIBSQL_GUARDED_BY(mutex);
  const core::MutexLock lock(mutex);
  if (working) return *working;
  try {
    working = first_that_works(std::filesystem::temp_directory_path());
  } catch (const std::exception&) {
    working = first_that_works(folder);
  }
  if (working) return *working;
  throw Error(ErrorKind::unsupported,
              std::string("SQLite ")
                  .append(sqlite3_libversion())
                  .append(" shows nothing of what is appended to its write-ahead log; replicas "
                          "work with 3.40 to 3.50"));
}

}  // namespace libsql::replica
