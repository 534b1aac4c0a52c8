// What encryption costs: point SELECT of a cached page, bulk insert, and the scan of a file that is
// not in the file cache, against the same on a plain file, libSQL for Node.js on its own encrypted
// file, and what OpenSSL's cipher takes alone, in one run.
//
//     NODE_PATH=FOLDER/node_modules bench_encryption [MEGABYTES] [FOLDER]
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

#include "encryption_peers.h"
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
  return seconds(run) / kPoints;
}

double scan(const std::string& path, const Kind& kind) {
  forget(path);
  Connection db = open(path, kind);
  return seconds([&db] { static_cast<void>(db.query_one("SELECT sum(length(b)) FROM t")); });
}

// Whoever takes part: what each measures, in seconds, of the file at `path`.
struct Contender {
  std::string name;
  std::function<double(const std::string& path, int rows)> fill;
  std::function<double(const std::string& path)> points;  // of one point SELECT
  std::function<double(const std::string& path)> scan;
};

Contender ours(const Kind& kind) {
  return {kind.name,
          [kind](const std::string& path, int rows) {
            return seconds([&] { fill(path, kind, rows); });
          },
          [kind](const std::string& path) { return points(path, kind); },
          [kind](const std::string& path) { return scan(path, kind); }};
}

Contender node() {
  return {"npm libsql",
          [](const std::string& path, int rows) { return node_fill(path, rows, kRowBytes); },
          [](const std::string& path) { return node_points(path, kPoints) / kPoints; },
          [](const std::string& path) {
            forget(path);
            return node_scan(path);
          }};
}

std::vector<Contender> contenders() {
  const EncryptionKey key(kBenchKey);
  std::vector<Contender> all = {ours({"plain", std::nullopt}),
                                ours({"aes256cbc", Encryption{key, Cipher::aes256cbc}}),
                                ours({"aes256gcm", Encryption{key, Cipher::aes256gcm}})};
  if (node_available()) {
    all.push_back(node());
  } else {
    std::printf(
        "npm libsql: skipped; `npm install libsql`, and NODE_PATH names its node_modules\n");
  }
  return all;
}

// The best of several rounds, in which the contenders take turns.
std::vector<double> best(std::size_t count, int rounds,
                         const std::function<double(std::size_t)>& measure) {
  std::vector<double> found(count, 1e9);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) found[i] = std::min(found[i], measure(i));
  }
  return found;
}

void print(const char* what, const char* unit, double scale, const std::vector<Contender>& all,
           const std::vector<double>& values) {
  std::printf("%-22s", what);
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::printf("  %s %.3f %s (%.2f)", all[i].name.c_str(), values[i] * scale, unit,
                values[i] / values[0]);
  }
  std::printf("\n");
  static_cast<void>(std::fflush(stdout));
}

// What the cipher alone takes for as many bytes: no scan of an encrypted file can add less.
void print_floor(int megabytes, double plain) {
  for (const char* cipher : {"aes-256-cbc", "aes-256-gcm"}) {
    const std::optional<double> decrypts = openssl_speed(cipher, true);
    const std::optional<double> encrypts = openssl_speed(cipher, false);
    if (!decrypts || !encrypts) {
      std::printf("openssl speed: skipped; no program openssl of version 3\n");
      return;
    }
    const double least = megabytes * 1e6 / *decrypts;
    std::printf(
        "openssl speed -evp %s -bytes 4096: decrypts %.2f GB/s, encrypts %.2f GB/s; "
        "the scan's floor: plain + %.3f s (%.2f)\n",
        cipher, *decrypts / 1e9, *encrypts / 1e9, least, (plain + least) / plain);
  }
}

void run(int megabytes, const std::string& folder) {
  const std::vector<Contender> all = contenders();
  const auto path = [&](std::size_t i) { return folder + "/bench_" + std::to_string(i) + ".db"; };
  const int rows = megabytes * 1000;
  print("bulk insert", "s", 1, all,
        best(all.size(), 2, [&](std::size_t i) { return all[i].fill(path(i), rows); }));
  print("point SELECT, cached", "us", 1e6, all,
        best(all.size(), kRounds, [&](std::size_t i) { return all[i].points(path(i)); }));
  const std::vector<double> scans =
      best(all.size(), kRounds, [&](std::size_t i) { return all[i].scan(path(i)); });
  print("cold scan", "s", 1, all, scans);
  print_floor(megabytes, scans[0]);
  for (std::size_t i = 0; i < all.size(); ++i) std::filesystem::remove(path(i));
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
