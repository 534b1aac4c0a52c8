#include "encryption_peers.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

namespace libsql::bench {
namespace {

struct Close {
  void operator()(std::FILE* file) const noexcept { ::pclose(file); }
};

// The last line that a command prints; empty if it cannot run.
std::string last_line(const std::string& command) {
  const std::unique_ptr<std::FILE, Close> pipe(::popen(command.c_str(), "r"));
  std::string last;
  std::array<char, 1024> line{};
  while (pipe && std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) != nullptr) {
    last = line.data();
  }
  return last;
}

constexpr const char* kProgram = R"js(
const [path, key, work, count, bytes] = process.argv.slice(1);
if (work === "fill") require("fs").rmSync(path, {force: true});
const Database = require("libsql");
const db = new Database(path, {encryptionKey: key, encryptionCipher: "aes256cbc"});
const works = {
  fill() {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.exec("CREATE TABLE t(a INTEGER PRIMARY KEY, b); BEGIN IMMEDIATE");
    const insert = db.prepare("INSERT INTO t(b) VALUES (?)"), text = "x".repeat(Number(bytes));
    for (let i = 0; i < count; ++i) insert.run(text);
    db.exec("COMMIT");
    db.pragma("wal_checkpoint(TRUNCATE)");
  },
  points() {
    const select = db.prepare("SELECT length(b) FROM t WHERE a = ?");
    for (let i = 0; i < count; ++i) select.get(1 + i % 100);
  },
  scan() { db.prepare("SELECT sum(length(b)) FROM t").get(); },
};
if (work === "points") works.points();
const start = process.hrtime.bigint();
works[work]();
console.log(Number(process.hrtime.bigint() - start) / 1e9);
)js";

double node(const std::string& path, const std::string& work, int count = 0, int bytes = 0) {
  const std::string line =
      last_line("node -e '" + std::string(kProgram) + "' '" + path + "' '" + kBenchKey + "' " +
                work + " " + std::to_string(count) + " " + std::to_string(bytes));
  if (line.empty()) throw std::runtime_error("libSQL for Node.js failed: " + work);
  return std::atof(line.c_str());
}

}  // namespace

bool node_available() {
  return last_line(R"(node -e 'require("libsql"); console.log("yes")' 2>/dev/null)") == "yes\n";
}

double node_fill(const std::string& path, int rows, int row_bytes) {
  return node(path, "fill", rows, row_bytes);
}
double node_points(const std::string& path, int count) { return node(path, "points", count); }
double node_scan(const std::string& path) { return node(path, "scan"); }

std::optional<double> openssl_speed(const std::string& cipher, bool decrypts) {
  // Prints "AES-256-CBC    8722743.30k": thousands of bytes in a second.
  const std::string line = last_line("openssl speed -elapsed -seconds 1 -evp " + cipher +
                                     (decrypts ? " -decrypt" : "") + " -bytes 4096 2>/dev/null");
  const std::size_t number = line.find_last_of(' ');
  if (number == std::string::npos) return std::nullopt;
  const double thousands = std::atof(line.c_str() + number);
  return thousands > 0 ? std::optional(thousands * 1000) : std::nullopt;
}

}  // namespace libsql::bench
