// What encryption costs: point SELECT of a cached page, bulk insert, and the scan of a file that is
// not in the file cache, against the same on a plain file in the same run.
//
//     bench_encryption [MEGABYTES] [FOLDER]
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "libsql/database.h"

namespace libsql::bench {
namespace {

constexpr int kRounds = 5;
constexpr int kPoints = 200000;
constexpr int kRowBytes = 1000;

struct Kind {
  const char* name;
  std::optional<Encryption> encryption;
};

Connection open(const std::string& path, const Kind& kind) {
  Options options;
  options.encryption = kind.encryption;
  return Database(path, options).connect();
}

double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Takes a file out of the file cache.
void forget(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
}

void fill(const std::string& path, const Kind& kind, int rows) {
  std::filesystem::remove(path);
  Connection db = open(path, kind);
  db.execute("CREATE TABLE t(a INTEGER PRIMARY KEY, b)");
  Transaction transaction = db.begin(TransactionMode::immediate);
  Statement insert = db.prepare("INSERT INTO t(b) VALUES (?)");
  const std::string text(kRowBytes, 'x');
  for (int i = 0; i < rows; ++i) insert.execute(text);
  transaction.commit();
  db.checkpoint(CheckpointMode::truncate);
}

double points(const std::string& path, const Kind& kind) {
  Connection db = open(path, kind);
  Statement select = db.prepare("SELECT length(b) FROM t WHERE a = ?");
  const auto run = [&select] {
    for (int i = 0; i < kPoints; ++i) {
      select.bind(1, 1 + i % 100);
      static_cast<void>(select.step());
      select.reset();
    }
  };
  run();
  return seconds(run) / kPoints * 1e6;
}

double scan(const std::string& path, const Kind& kind) {
  forget(path);
  Connection db = open(path, kind);
  return seconds([&db] { static_cast<void>(db.query_one("SELECT sum(length(b)) FROM t")); });
}

// The best of several rounds, in which the kinds take turns.
std::vector<double> best(const std::vector<Kind>& kinds, int rounds,
                         const std::function<double(std::size_t)>& measure) {
  std::vector<double> found(kinds.size(), 1e9);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < kinds.size(); ++i) found[i] = std::min(found[i], measure(i));
  }
  return found;
}

void print(const char* what, const char* unit, const std::vector<Kind>& kinds,
           const std::vector<double>& values) {
  std::printf("%-28s", what);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    std::printf("  %s %.3f %s (%.2f)", kinds[i].name, values[i], unit, values[i] / values[0]);
  }
  std::printf("\n");
}

void run(int megabytes, const std::string& folder) {
  const EncryptionKey key("a key of 32 bytes, used in tests");
  const std::vector<Kind> kinds = {{"plain", std::nullopt},
                                   {"aes256cbc", Encryption{key, Cipher::aes256cbc}},
                                   {"aes256gcm", Encryption{key, Cipher::aes256gcm}}};
  const auto path = [&](std::size_t i) { return folder + "/bench_" + kinds[i].name + ".db"; };
  const int rows = megabytes * 1000;
  print("bulk insert", "s", kinds, best(kinds, 2, [&](std::size_t i) {
          return seconds([&] { fill(path(i), kinds[i], rows); });
        }));
  print("point SELECT, cached", "us", kinds,
        best(kinds, kRounds, [&](std::size_t i) { return points(path(i), kinds[i]); }));
  print("cold scan", "s", kinds,
        best(kinds, kRounds, [&](std::size_t i) { return scan(path(i), kinds[i]); }));
  for (std::size_t i = 0; i < kinds.size(); ++i) std::filesystem::remove(path(i));
}

}  // namespace
}  // namespace libsql::bench

int main(int argc, char** argv) {
  try {
    libsql::bench::run(argc > 1 ? std::atoi(argv[1]) : 200, argc > 2 ? argv[2] : ".");
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return EXIT_FAILURE;
  }
}
