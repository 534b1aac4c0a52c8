// A large blob in portions: it is written and read without ever being in memory as a whole. The
// program fails if anything is not as it says.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "libsql/blob.h"
#include "libsql/database.h"
#include "libsql/error.h"

namespace {

constexpr std::size_t kSize = std::size_t{8} << 20;
using Part = std::array<std::byte, std::size_t{64} * 1024>;

void check(bool holds, std::string_view claim) {
  if (!holds) throw std::runtime_error("not true: " + std::string(claim));
  std::cout << "  " << claim << '\n';
}

// A writing handle lives within a transaction, whose commit ends it and keeps what was written.
std::int64_t record(libsql::Connection& cinema) {
  libsql::Transaction transaction = cinema.begin(libsql::TransactionMode::immediate);
  cinema.execute("INSERT INTO film(reel) VALUES (zeroblob(?))", static_cast<std::int64_t>(kSize));
  const std::int64_t film = cinema.last_insert_rowid();
  libsql::BlobHandle reel = cinema.open_blob("film", "reel", film, libsql::BlobMode::write);
  Part part{};
  for (std::size_t at = 0; at < reel.size(); at += part.size()) {
    part.fill(std::byte(at / part.size()));
    reel.write(at, part);
  }
  transaction.commit();
  return film;
}

void play(libsql::Connection& cinema, std::int64_t film) {
  const libsql::BlobHandle reel = cinema.open_blob("film", "reel", film);
  Part part{};
  std::size_t seen = 0;
  for (std::size_t at = 0; at < reel.size(); at += part.size()) {
    reel.read(at, part);
    seen += part[0] == std::byte(at / part.size()) ? part.size() : 0;
  }
  check(seen == kSize, "what was written in portions is read in portions");
  try {
    reel.read(kSize - 1, part);
    check(false, "nothing is read beyond the end");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::invalid_argument, error.message());
  }
  cinema.execute("UPDATE film SET reel = NULL WHERE id = ?", film);
  try {
    reel.read(0, part);
    check(false, "a handle never reads a row that has changed");
  } catch (const libsql::Error& error) {
    check(error.kind() == libsql::ErrorKind::misuse, error.message());
  }
}

}  // namespace

int main() {
  try {
    libsql::Connection cinema = libsql::Database(":memory:").connect();
    cinema.execute("CREATE TABLE film(id INTEGER PRIMARY KEY, reel BLOB)");
    const std::int64_t film = record(cinema);
    play(cinema, film);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
